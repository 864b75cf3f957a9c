"""A platform of one's own for a person of some role, and schemathesis let loose on it over the wire, in all its phases.

`examples`, `fuzzing` and `stateful` send as much as schemathesis.toml says. `coverage` makes some 8,300 cases out of 227
operations: the owner sends them all, the six others share them out among themselves, so that together they send each once
more, and each asks every operation twice at least. By hand, `FUZZ_ALL=1` has everybody send them all, and compares every
answer with the document too.
"""

import json
import os
import re
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.platform import Platform

HERE = Path(__file__).resolve().parent
SHARING = ("manager", "approver", "member", "viewer", "auditor", "nobody")
SHARES = {"owner": "1/1"} | {role: f"{number}/{len(SHARING)}" for number, role in enumerate(SHARING, 1)}
LIMITS = ("DEFAULT", "PERSONA_CREATE", "SIGN_IN", "UPLOAD", "SEARCH", "PROVIDER_TEST")
# The chains of calls come first: they need things that nobody has deleted yet.
RUNS = ("stateful", "examples,coverage,fuzzing")
PHASES = {"stateful", "examples", "coverage", "fuzzing"}
NEVER = ("not_a_server_error", "ignored_auth")
CHECKS = (
    *NEVER, "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "unsupported_method", "allow_header_conformance",
    "use_after_free",
)  # fmt: skip
EVERYTHING = bool(os.environ.get("FUZZ_ALL"))
LEFT_OUT = ("/api/v1/auth/logout/",)  # ends the token that asks
# What somebody who is not signed in may succeed with.
OPEN = {
    "POST /api/v1/auth/join/",
    "POST /api/v1/auth/password/",
    "POST /api/v1/auth/password/ask/",
    "POST /api/v1/auth/token/",
    "POST /api/v1/auth/token/refresh/",
}
SEED = 20261129
PERSON = """
from pathlib import Path
from tests.security.furnished import token
print(token({role!r}, Path({folder!r})))
"""


@dataclass
class Fuzzed:
    """How a run went: `answers` are the statuses by phase and operation, `links` what calls were followed by which."""

    status: int
    said: str
    answers: dict[str, dict[str, dict[str, int]]]
    links: int


@contextmanager
def furnished(role: str, folder: Path) -> Iterator[tuple[Platform, str]]:
    """A platform in the team's sign-in mode, and the token of somebody of that role; none for `nobody`."""
    data, things = folder / "data", folder / "things"
    data.mkdir()
    given = {f"RATE_LIMIT_{name}": "1000000" for name in LIMITS} | {"VAULT_ROOTS": str(things)}
    with Platform(data, SIGN_IN="password", **given) as platform:
        token = platform.python(PERSON.format(role=role, folder=str(things))).strip()
        platform.dismiss_beside()
        yield platform, token


def fuzz(platform: Platform, token: str, folder: Path, *, phases: str, share: str) -> Fuzzed:
    """The status is 0 when every answer was as the checks want it."""
    with platform.client() as client:
        document = client.get("/api/v1/schema/?format=json").content
    (schema := folder / "openapi.json").write_bytes(document)
    told = folder / f"{phases}.json"
    given = {"SCHEMATHESIS_HOOKS": str(HERE / "sampled.py"), "FUZZ_SHARE": share, "FUZZ_ANSWERS": str(told)}
    command = [
        str(Path(sysconfig.get_path("scripts")) / "st"), "--config-file", str(HERE / "schemathesis.toml"),
        "run", str(schema), "--url", platform.base, "--phases", phases, "--checks", ",".join(CHECKS if EVERYTHING else NEVER),
        "--seed", str(SEED), "--generation-deterministic", "--no-shrink", "--continue-on-failure", "--workers", "2",
        "--request-timeout", "60", "--suppress-health-check", "all", "--warnings", "off",
        "--no-color", "--output-truncate", "false",
    ]  # fmt: skip
    for path in LEFT_OUT:
        command += ["--exclude-path", path]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | given)
    said = done.stdout + done.stderr
    links = re.search(r"API Links: +(\d+) covered", said)
    answers = json.loads(told.read_text())["answers"] if told.exists() else {}
    return Fuzzed(done.returncode, said, answers, int(links[1]) if links else 0)


def check_all_phases(role: str, folder: Path) -> None:
    """Nothing that a person of that role sends breaks the server, and they were heard to the end."""
    share = "1/1" if EVERYTHING else SHARES[role]
    answers, links = {}, 0
    with furnished(role, folder) as (platform, token):
        for phases in RUNS:
            done = fuzz(platform, token, folder, phases=phases, share=share)
            assert done.status == 0, done.said
            answers |= done.answers
            links += done.links
        operations = _operations(folder)
        _check_heard(platform, token)
        assert "Traceback" not in platform.stderr(), platform.stderr()[-5000:]
    _report(role, answers, links)
    _check_asked(answers, operations)
    if token:
        assert links > 10, "hardly a call built on another"
    else:
        _check_turned_away(answers)


def _operations(folder: Path) -> set[str]:
    """What is asked."""
    paths = json.loads((folder / "openapi.json").read_text())["paths"]
    asked = {path: methods for path, methods in paths.items() if path not in LEFT_OUT}
    return {f"{method.upper()} {path}" for path, methods in asked.items() for method in methods}


def _check_heard(platform: Platform, token: str) -> None:
    """Whoever has fuzzed away their own account has only been told 401 since."""
    with platform.client(headers={"Authorization": f"Bearer {token}"} if token else {}) as client:
        assert client.get("/api/v1/auth/me/").status_code == (200 if token else 401)


def _check_asked(answers: dict[str, Any], operations: set[str]) -> None:
    assert set(answers) >= PHASES
    assert set(answers["coverage"]) == set(answers["fuzzing"]) == operations
    assert min(sum(statuses.values()) for statuses in answers["coverage"].values()) >= 2
    made_up = {each for each in operations if not each.startswith("DELETE ")}
    assert set(answers["examples"]) == made_up


def _check_turned_away(answers: dict[str, Any]) -> None:
    """Of no other operation; the check `ignored_auth` would believe a document that calls one open."""
    let_in = {
        operation
        for phase in answers.values()
        for operation, statuses in phase.items()
        if any(status.startswith("2") for status in statuses)
    }
    assert let_in <= OPEN


def _report(role: str, answers: dict[str, Any], links: int) -> None:
    """Shown by `pytest -rP`, and with what fails."""
    for phase, by_operation in answers.items():
        statuses: Counter[str] = Counter()
        for each in by_operation.values():
            statuses.update(each)
        print(
            f"{role}: {phase}, {len(by_operation)} operations, {statuses.total()} answers, {dict(statuses)}"
        )
    print(f"{role}: {links} links followed")
