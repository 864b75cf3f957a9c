"""`make test`: the static checks, then the tests twice, once on each profile."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Callable, Mapping

from launcher.environment import ROOT
from launcher.messages import say, write

DATABASE = "postgres://postgres@127.0.0.1:5432/postgres"
REDIS = "redis://127.0.0.1:6379"
# What makes a profile, or leans on the user's own: no test may inherit it by accident.
PROFILE = ("DATABASE_URL", "REDIS_URL", "CACHE_REDIS_URL", "SIGN_IN", "PUBLIC_URL", "HOST", "ALLOWED_HOSTS")
# These look at the source, or start the embedded platform themselves: a second time they would say the same.
SAME_ON_BOTH = ("architecture", "bootstrap", "browser", "crash", "deployment", "server")
NO_TESTS = 5

Run = Callable[[list, dict], int]


def passes(python: Path, environ: Mapping[str, str], run: Run, only: str = "") -> list[str]:
    """Run the tests on both profiles, or on `only` one; return the names of those that failed.

    Where PostgreSQL or Redis does not answer, the second pass is left out and said to be; in CI that is a failure.
    """
    failed = []
    if only != "team" and _embedded(python, environ, run):
        failed.append("pytest (embedded)")
    if only != "embedded" and _team(python, environ, run):
        failed.append("pytest (team)")
    return failed


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in PROFILE}


def services(environ: Mapping[str, str]) -> dict[str, str]:
    """Where the team pass finds PostgreSQL and Redis. It makes databases of its own there, and drops them."""
    return {
        "DATABASE_URL": environ.get("TEST_DATABASE_URL") or DATABASE,
        "REDIS_URL": environ.get("TEST_REDIS_URL") or REDIS,
    }


def _embedded(python: Path, environ: Mapping[str, str], run: Run) -> bool:
    say("pass_embedded")
    return run([*_pytest(python), "--ignore=tests/team"], clean(environ)) != 0


def _team(python: Path, environ: Mapping[str, str], run: Run) -> bool:
    given = {**clean(environ), **services(environ)}
    silent = _silent(python, given)
    if silent:
        say("team_skipped", reason=silent)
        return in_ci(environ)
    say("pass_team")
    ignored = [f"--ignore=tests/{folder}" for folder in SAME_ON_BOTH]
    return run([*_pytest(python), *ignored], given) not in (0, NO_TESTS)


def in_ci(environ: Mapping[str, str]) -> bool:
    return environ.get("CI", "").lower() not in ("", "0", "false", "no")


def _pytest(python: Path) -> list[str]:
    processes = str(max(2, min(4, os.cpu_count() or 2)))
    return [str(python), "-m", "pytest", "-n", processes, "--dist", "loadfile", "--durations=15"]


def _silent(python: Path, environ: Mapping[str, str]) -> str:
    """Why the team pass cannot run, or an empty string."""
    asked = subprocess.run(
        [str(python), "-m", "tests.services"],
        cwd=ROOT,
        env=dict(environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = asked.stdout.decode("utf-8", "replace").strip()
    if asked.returncode and not said:
        write(f"tests.services: {asked.returncode}")
    return (said or "?") if asked.returncode else ""
