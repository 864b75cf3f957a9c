"""How a secretary works with tools: what it was asked, what it calls, how far a call is, and what came of each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ai_integration.models import CallRecord
from ai_integration.selectors import tool_calls
from ai_integration.states import TOOL, CallStatus
from workflows.models import Discussion, Task
from workflows.progress import Progress, progress_of
from workflows.states import TALKING, TaskStatus

MOST_SHOWN = 4_000  # characters of one answer


@dataclass(frozen=True)
class Made:
    """One call. `standing` is calling, waiting, answered, error, refused or unknown; `answer` is what the tool said.

    `by_rule` says that nobody was asked, because of a rule for this secretary.
    """

    key: str
    name: str
    arguments: str
    standing: str
    words: str
    answer: str = ""
    took_ms: int | None = None
    progress: Progress | None = None
    by_rule: bool = False


@dataclass(frozen=True)
class StepTaken:
    """One question to the model. `open` says that it has not answered yet."""

    number: int
    said: str
    open: bool
    failed: str
    calls: Sequence[Made]


def steps_of(task: Task) -> list[StepTaken]:
    """The steps of the task's present revision, in their order."""
    head = f"task:{task.pk}:{task.revision}:"
    return _steps(tool_calls(task.workflow_id, head), head, running=task.status == TaskStatus.RUNNING)


def steps_by_turn(discussion: Discussion) -> dict[int, list[StepTaken]]:
    """The steps before each turn of a discussion in which there were any."""
    head = f"discussion:{discussion.pk}:"
    turns: dict[int, list[CallRecord]] = {}
    for row in tool_calls(discussion.pk, head, jobs=("step", TOOL)):
        turns.setdefault(int(row.key.removeprefix(head).partition(":")[0]), []).append(row)
    live = discussion.turn if discussion.status in TALKING else None
    return {turn: _steps(rows, f"{head}{turn}:", running=turn == live) for turn, rows in turns.items()}


def _steps(rows: Sequence[CallRecord], head: str, *, running: bool) -> list[StepTaken]:
    calls = [each for each in rows if each.job == TOOL and each.key.startswith(f"{head}tool:")]
    asked = [each for each in rows if each.key.startswith(f"{head}step:")]
    return [_step(row, calls, head, running) for row in sorted(asked, key=_last_number)]


def _step(row: CallRecord, calls: Sequence[CallRecord], head: str, running: bool) -> StepTaken:
    number = _last_number(row)
    own = [each for each in calls if each.key.startswith(f"{head}tool:{number}:")]
    return StepTaken(
        number + 1,
        (row.answer or {}).get("text", "")[:MOST_SHOWN],
        row.status == CallStatus.STARTED,
        row.error if row.status == CallStatus.FAILED else "",
        [_made(each, running) for each in sorted(own, key=_last_number)],
    )


def _made(call: CallRecord, running: bool) -> Made:
    standing = _standing(call, running)
    arguments = call.context.get("arguments", {})
    return Made(
        call.key,
        call.model,
        json.dumps(arguments, ensure_ascii=False, indent=2) if arguments else "",
        standing,
        _words(standing, call),
        (call.answer or {}).get("text", "")[:MOST_SHOWN],
        call.latency_ms if call.answer is not None else None,
        progress_of(call.key) if standing == "calling" else None,
        bool(call.context.get("by_rule")),
    )


def _standing(call: CallRecord, running: bool) -> str:
    if call.status == CallStatus.FINISHED:
        return "error" if (call.answer or {}).get("is_error") else "answered"
    if call.status == CallStatus.AWAITING_APPROVAL:
        return "waiting"
    if call.status == CallStatus.FAILED:
        return "refused"
    return "calling" if running else "unknown"


def _words(standing: str, call: CallRecord) -> str:
    words: dict[str, str] = {
        "calling": _("is being called"),
        "waiting": _("waits for your decision"),
        "answered": _("answered"),
        "error": _("answered with an error"),
        "refused": _("was not called: %s") % (call.error or "—"),
        "unknown": _("was called; what came of it is not known"),
    }
    return words[standing]


def _last_number(call: Any) -> int:
    return int(call.key.rpartition(":")[2])
