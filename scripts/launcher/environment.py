"""Makes .venv and keeps it equal to a lock. Safe to interrupt, to repeat and to start twice at once.

A stamp inside .venv says how far the work came. `making`, or `installing` once pip has begun to write, is left
behind by a set-up that died: such a .venv is made again. `ready` carries the digests of the locks that it satisfies.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from launcher import pip, pythons
from launcher.guard import only_one, sharing
from launcher.messages import install_hints, say, text

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".bootstrap.json"
LOG = VENV / "bootstrap.log"
LOCKS = {"runtime": ROOT / "requirements" / "runtime.lock", "dev": ROOT / "requirements" / "dev.lock"}
COVERS = {"runtime": ("runtime",), "dev": ("runtime", "dev")}


class SetupError(Exception):
    """Set-up cannot go on. The message says what to do."""


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure(kind: str) -> Path:
    """Make .venv satisfy the lock `kind` ("runtime" or "dev"); return its interpreter.

    Raises SetupError when no Python serves, a file cannot be written or pip fails.
    """
    if is_ready(kind):
        return venv_python()
    try:
        with only_one(ROOT / ".venv.lock", lambda: say("waiting")) as held:
            if not is_ready(kind):
                _make_ready(kind, held)
    except OSError as error:
        raise SetupError(
            text("cannot_write", path=error.filename or VENV, detail=error.strerror or error)
        ) from error
    return venv_python()


def is_ready(kind: str) -> bool:
    return _read_stamp().get(kind) == _digest(LOCKS[kind]) and not _trouble()


def describe() -> str:
    """One phrase on the state of .venv, for the doctor."""
    trouble = _trouble()
    if trouble:
        return text(trouble)
    for kind in ("dev", "runtime"):
        if is_ready(kind):
            return f"{text('serves')} ({kind})"
    return text("reason_outdated")


def _make_ready(kind: str, held: int) -> None:
    trouble = _trouble()
    if trouble:
        _make_venv(trouble, held)
    stamp = _read_stamp()
    _write_stamp({"state": "installing"})
    if not pip.install(venv_python(), LOCKS[kind], LOG, held):
        raise SetupError(text("install_failed", log=LOG) + "\n" + pip.tail(LOG))
    digests = {name: _digest(LOCKS[name]) for name in COVERS[kind]}
    _write_stamp({"state": "ready", "python": stamp.get("python", ""), **digests})
    say("ready")


def _trouble() -> str:
    """The message key for what is wrong with .venv as such, or an empty string."""
    if not os.path.lexists(VENV):
        return "reason_absent"
    if not (VENV / "pyvenv.cfg").is_file():
        return "reason_not_venv"
    if _is_half_made():
        return "reason_half_made"
    verdict = pythons.judge(str(venv_python()))
    if not verdict.serves or not os.path.samefile(verdict.prefix, VENV) or not pip.is_there(VENV):
        return "reason_vanished"
    return ""


def _is_half_made() -> bool:
    """A download that failed or was interrupted has harmed nothing: offline, the old packages still serve."""
    state = _read_stamp().get("state", "ready")
    return state != "ready" and not (state == "installing" and not pip.has_begun_to_write(LOG))


def _make_venv(trouble: str, held: int) -> None:
    found, verdicts = pythons.find()
    if found is None:
        raise SetupError(no_python(verdicts))
    say("using", version=found.dotted, path=found.base)
    if trouble == "reason_absent":
        say("making")
    else:
        say("remaking", reason=text(trouble))
        _remove(VENV)
    VENV.mkdir()
    _write_stamp({"state": "making", "python": found.dotted})
    command = [found.base, "-E", "-s", "-m", "venv", str(VENV)]
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=pip.clean_environment(),
        check=False,
        **sharing(held),
    )
    if done.returncode or pythons.judge(str(venv_python())).reason:
        detail = done.stdout.decode(sys.getfilesystemencoding(), "replace")
        raise SetupError(text("venv_failed", python=found.base, detail=detail[-2000:]))


def no_python(verdicts: list[pythons.Verdict]) -> str:
    """The whole answer to "why not, and what now": each place tried, and what to install here."""
    lines = [text("no_python"), "", text("tried")]
    seen = set()
    for verdict in verdicts:
        real = os.path.realpath(verdict.base or verdict.path)
        if real not in seen:
            lines.append(f"  {verdict.path}: {verdict.reason}")
        seen.add(real)
    return "\n".join(
        [*lines, "", text("install_one"), *(f"  {hint}" for hint in install_hints(sys.platform))]
    )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _read_stamp() -> dict[str, Any]:
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return {"state": "unreadable"}
    return stamp if isinstance(stamp, dict) else {"state": "unreadable"}


def _write_stamp(stamp: dict[str, Any]) -> None:
    temporary = STAMP.with_suffix(".new")
    temporary.write_text(json.dumps(stamp), encoding="utf-8")
    os.replace(temporary, STAMP)


def _digest(lock: Path) -> str:
    try:
        return hashlib.sha256(lock.read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    except FileNotFoundError as error:
        raise SetupError(text("no_lock_file", path=lock)) from error
