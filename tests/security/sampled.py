"""Loaded by schemathesis (`SCHEMATHESIS_HOOKS`): which cases of the phase `coverage` are sent, and how all were answered.

`FUZZ_SHARE` is `i/n`: the first cases of every operation, and of the others those that fall to the i-th of n. What falls to
whom hangs on the case alone, so that the n shares together are the whole phase. `1/1` sends everything.
"""

import atexit
import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any
from zlib import crc32

import schemathesis
from schemathesis.specs.openapi import stateful

LEAST = 2
"""Of every operation, whatever falls to whom: the first is one that the document allows."""
SHARE, SHARES = (int(part) for part in os.environ["FUZZ_SHARE"].split("/"))

made: Counter[str] = Counter()
answers: dict[str, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
_likely_to_begin = stateful.is_likely_root_transition


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    if _phase(case) != "coverage":
        return True
    operation = context.operation.label
    made[operation] += 1
    return made[operation] <= LEAST or _falls_to(operation, case) == SHARE - 1


@schemathesis.hook
def map_case(context: Any, case: Any) -> Any:
    """Made-up conditions leave a list empty, and a chain of calls would end there: it begins with all that there is."""
    if _phase(case) == "stateful" and case.method == "GET" and not case.operation.path_parameters:
        case.query = {}
    return case


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    answers[_phase(case)][case.operation.label][response.status_code] += 1


def _begins_a_chain(operation: Any, *known: Any) -> bool:
    """Every POST counts as a beginning, below a made-up id too; with those, chains hardly ever got to their second call."""
    return not operation.path_parameters and _likely_to_begin(operation, *known)


stateful.is_likely_root_transition = _begins_a_chain


def _phase(case: Any) -> str:
    return case.meta.phase.name.value if case.meta else "other"


def _falls_to(operation: str, case: Any) -> int:
    data = case.meta.phase.data
    named = (operation, case.method, data.scenario, data.description, data.location, data.parameter)
    return crc32("\n".join(map(str, named)).encode()) % SHARES


@atexit.register
def _tell() -> None:
    told = {"made": made.total(), "answers": answers}
    Path(os.environ["FUZZ_ANSWERS"]).write_text(json.dumps(told), encoding="utf-8")
