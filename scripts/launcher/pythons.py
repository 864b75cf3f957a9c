"""Finds an interpreter that can carry the platform. Each candidate is run: a name or a path proves nothing."""

from __future__ import annotations

import json
import locale
import os
import subprocess
import sys
from typing import Iterable, Iterator, NamedTuple

from launcher.places import candidates

MINIMUM = (3, 12)
TRIED_WITH = ((3, 12), (3, 13))
SECONDS_TO_ANSWER = 20

# Runs under any Python since 2.7, so that an old one says which it is.
PROBE = r"""
import json, platform, sys
sys.path[:] = [folder for folder in sys.path if folder]
missing = []
for name in ("venv", "ensurepip", "ssl", "zlib"):
    try:
        __import__(name)
    except Exception:
        missing.append(name)
try:
    import sqlite3
    if sqlite3.sqlite_version_info < (3, 37):
        missing.append("sqlite3 3.37+ (it has %s)" % sqlite3.sqlite_version)
    sqlite3.connect(":memory:").execute("CREATE VIRTUAL TABLE t USING fts5(x)")
except Exception:
    missing.append("sqlite3 with FTS5")
try:
    import sysconfig
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
except Exception:
    free_threaded = False
if platform.python_implementation() != "CPython":
    missing.append("CPython (it is %s)" % platform.python_implementation())
if sys.maxsize < 2**32:
    missing.append("64 bits")
sys.stdout.write(json.dumps({
    "version": list(sys.version_info[:3]),
    "stable": sys.version_info[3] == "final" and not free_threaded,
    "base": getattr(sys, "_base_executable", None) or sys.executable,
    "prefix": sys.prefix,
    "missing": missing,
}))
"""


class Verdict(NamedTuple):
    """What running one candidate showed. `reason` is empty when it serves."""

    path: str
    reason: str
    version: tuple[int, ...] = ()
    stable: bool = False
    base: str = ""
    prefix: str = ""

    @property
    def serves(self) -> bool:
        return not self.reason

    @property
    def tried_with(self) -> bool:
        return self.serves and self.stable and self.version[:2] in TRIED_WITH

    @property
    def dotted(self) -> str:
        return ".".join(str(part) for part in self.version)


def judge(path: str) -> Verdict:
    """Run `path` with the probe; whatever goes wrong becomes the verdict's reason."""
    command = [path, "-E", "-s", "-c", PROBE]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS_TO_ANSWER,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Verdict(path, f"no answer within {SECONDS_TO_ANSWER} s")
    except (OSError, ValueError) as error:
        return Verdict(path, getattr(error, "strerror", None) or str(error))
    if done.returncode:
        return Verdict(path, f"exit status {done.returncode}{_first_line(done.stderr)}")
    return _read_answer(path, done.stdout)


def find(paths: Iterable[str] | None = None) -> tuple[Verdict | None, list[Verdict]]:
    """The interpreter to use, or None, and every verdict on the way.

    Stops at the first that the project is tested with; a newer or a pre-release one is only second choice.
    """
    verdicts: list[Verdict] = []
    for path in _once(candidates() if paths is None else paths):
        verdict = judge(path)
        verdicts.append(verdict)
        if verdict.tried_with:
            return verdict, verdicts
    usable = sorted((v for v in verdicts if v.serves), key=lambda v: (not v.stable, v.version))
    return (usable[0] if usable else None), verdicts


def _read_answer(path: str, answer: bytes) -> Verdict:
    try:
        facts = json.loads(answer.decode("ascii"))
        version, missing = tuple(facts["version"]), list(facts["missing"])
    except (ValueError, KeyError, TypeError):
        return Verdict(path, "does not answer as a Python does")
    reason = ""
    if version[:2] < MINIMUM:
        reason = f"is {'.'.join(map(str, version))}"
    elif missing:
        reason = f"{'.'.join(map(str, version))}, lacks {', '.join(missing)}{_debian_hint(version, missing)}"
    return Verdict(path, reason, version, facts["stable"], facts["base"], facts["prefix"])


def _debian_hint(version: tuple[int, ...], missing: list[str]) -> str:
    if sys.platform.startswith("linux") and "ensurepip" in missing:
        return f" (Debian, Ubuntu: sudo apt install python{version[0]}.{version[1]}-venv)"
    return ""


def _first_line(stderr: bytes) -> str:
    lines = stderr.decode(locale.getpreferredencoding(False), "replace").strip().splitlines()
    return f": {lines[0][:120]}" if lines else ""


def _once(paths: Iterable[str]) -> Iterator[str]:
    seen = set()
    for path in paths:
        key = os.path.normcase(os.path.abspath(path))
        if key not in seen:
            seen.add(key)
            yield path
