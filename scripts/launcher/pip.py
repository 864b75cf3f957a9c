"""Runs pip inside .venv: hashes required, the user's own pip habits kept out, the output kept in a log."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import IO

from launcher.guard import sharing
from launcher.messages import say, text, write

# Each of these sends packages, or Python itself, somewhere other than .venv.
MISLEADING = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONUSERBASE",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_DRY_RUN",
    "PIP_PYTHON",
)
WRITING = b"Installing collected packages"


def clean_environment() -> dict[str, str]:
    """The caller's environment for pip and venv; mirrors, proxies and certificates stay."""
    environ = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    environ.update(
        PIP_USER="0", PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_REQUIRE_VIRTUALENV="0"
    )
    if "PIP_CACHE_DIR" not in environ and not _may_write(_cache_folder()):
        environ["PIP_NO_CACHE_DIR"] = "1"
    return environ


def install(python: Path, lock: Path, log: Path, held: int) -> bool:
    """Install exactly what `lock` names, sharing the set-up lock `held`; return whether pip succeeded."""
    say("installing", lock=lock.name)
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",  # a lock is complete, and leaves out on purpose what only a part of a package needs
        "--progress-bar",
        "off",
        "-r",
        str(lock),
    ]
    with open(log, "wb", buffering=0) as record:  # what it says must outlive a kill
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
            **sharing(held),
        )
        _follow(child, record, total=_count(lock))
    return child.returncode == 0


def is_there(venv: Path) -> bool:
    """Whether pip was installed to its end: its entry in site-packages is complete."""
    record = "site-packages/pip-*.dist-info/RECORD"
    return any(venv.glob(f"lib/python3.*/{record}")) or any(venv.glob(f"Lib/{record}"))


def has_begun_to_write(log: Path) -> bool:
    """Whether pip, by its own log, came past downloading."""
    return log.is_file() and WRITING in log.read_bytes()


def tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    telling = [line for line in lines if line.startswith("ERROR")] or lines
    return "\n".join(f"  {line}" for line in telling[-8:])


def _follow(child: subprocess.Popen[bytes], record: IO[bytes], total: int) -> None:
    collected = 0
    with child:
        for line in child.stdout or ():
            record.write(line)
            if line.startswith((b"Collecting ", b"Requirement already")):
                collected += 1
                _progress(text("progress", count=min(collected, total), total=total))
            elif line.startswith(WRITING):
                _progress(text("writing"))
        _progress("")


def _progress(line: str) -> None:
    if sys.stdout.isatty():
        write(f"\r{line:<40}", end="" if line else "\r")


def _count(lock: Path) -> int:
    return len(re.findall(r"^[A-Za-z0-9]", lock.read_text(encoding="utf-8"), re.MULTILINE))


def _cache_folder() -> str:
    """Where pip would keep its cache; near enough to tell whether the home folder can be written."""
    return os.path.expanduser(
        os.environ.get("LOCALAPPDATA") or os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    )


def _may_write(folder: str) -> bool:
    if not os.path.isabs(folder):
        return False
    while not os.path.exists(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return os.path.isdir(folder) and os.access(folder, os.W_OK)
