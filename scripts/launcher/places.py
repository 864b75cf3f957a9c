"""Where Pythons live: on PATH, behind Windows' launcher, in the folders of version managers and packagers."""

from __future__ import annotations

import glob
import locale
import os
import re
import shutil
import subprocess
import sys
from typing import Iterable, Iterator

NAMES = ("python3.12", "python3.13", "python3.14", "python3", "python")
SYSTEM_PATTERNS = (
    "/opt/homebrew/bin/python3.1[0-9]",
    "/opt/homebrew/opt/python@3.*/bin/python3.*[0-9]",
    "/usr/local/bin/python3.1[0-9]",
    "/usr/local/opt/python@3.*/bin/python3.*[0-9]",
    "/home/linuxbrew/.linuxbrew/bin/python3.1[0-9]",
    "/Library/Frameworks/Python.framework/Versions/3.*/bin/python3",
    "/usr/bin/python3.1[0-9]",
    "/opt/python*/bin/python3",
)


def candidates() -> Iterator[str]:
    """Paths of possible interpreters, the likeliest first; repeats and dead ones are allowed."""
    if sys.executable:
        yield sys.executable
    yield from _on_path()
    yield from _windows_launcher()
    yield from _version_managers()
    yield from _system_folders()


def _on_path() -> Iterator[str]:
    """Every match in every folder: the first may be a shim that fails when called."""
    folders = [folder for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    for name in NAMES:
        for folder in folders:
            found = shutil.which(name, path=folder)
            if found:
                yield found


def _windows_launcher() -> Iterator[str]:
    for line in _output("py", "-0p").splitlines():
        found = re.search(r"([A-Za-z]:\\.*python[^\\]*\.exe)", line, re.IGNORECASE)
        if found:
            yield found.group(1)


def _version_managers() -> Iterator[str]:
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    roots = [
        (os.environ.get("PYENV_ROOT"), "versions"),
        ("~/.pyenv", "versions"),
        ("~/.pyenv/pyenv-win", "versions"),
        (_output("pyenv", "root"), "versions"),
        (os.environ.get("ASDF_DATA_DIR") or "~/.asdf", "installs/python"),
        (os.environ.get("MISE_DATA_DIR") or os.path.join(data, "mise"), "installs/python"),
        (os.environ.get("UV_PYTHON_INSTALL_DIR") or os.path.join(data, "uv", "python"), ""),
        (os.path.join(os.environ.get("APPDATA") or "~", "uv", "python"), ""),
        (_output("uv", "python", "dir"), ""),
    ]
    for root, below in roots:
        if root:
            yield from _in_versions_folder(os.path.join(os.path.expanduser(root), below))


def _in_versions_folder(folder: str) -> Iterator[str]:
    for version in _likeliest_first(_listing(folder)):
        for place in ("bin/python3", "bin/python", "python.exe"):
            path = os.path.join(folder, version, *place.split("/"))
            if os.path.exists(path):
                yield path
                break


def _system_folders() -> Iterator[str]:
    root = os.environ.get(
        "BOOTSTRAP_SYSTEM_ROOT", ""
    )  # tests put an empty folder in front of the real places
    for pattern in SYSTEM_PATTERNS:
        yield from _likeliest_first(glob.glob(glob.escape(root) + pattern))
    for variable, below in (
        ("LOCALAPPDATA", "Programs\\Python"),
        ("ProgramFiles", ""),
        ("SystemDrive", "\\"),
    ):
        if os.name == "nt" and os.environ.get(variable):
            pattern = os.path.join(os.environ[variable], below, "Python3*", "python.exe")
            yield from _likeliest_first(glob.glob(pattern))


def _output(*command: str) -> str:
    """What a helper program prints; empty when it is absent, fails or hangs."""
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        done = subprocess.run(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=15,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return _decoded(done.stdout).strip() if done.returncode == 0 else ""


def _decoded(output: bytes) -> str:
    try:
        return output.decode("utf-8")
    except UnicodeDecodeError:
        return output.decode(locale.getpreferredencoding(False), "replace")


def _listing(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _likeliest_first(paths: Iterable[str]) -> list[str]:
    """3.12 (what the lock was tried with), then the others, each the newest first."""
    newest_first = sorted(
        paths, key=lambda path: [int(number) for number in re.findall(r"\d+", path)], reverse=True
    )
    return sorted(newest_first, key=lambda path: re.search(r"3\.?12", path) is None)
