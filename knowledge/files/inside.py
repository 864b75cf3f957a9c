"""Opening files inside a folder, and only inside it.

Where the system can, every part of a path is opened from its parent's handle without following links, so that a
folder swapped for a link in the middle leads nowhere. Elsewhere (Windows) the real path is compared before and after.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

CAN_WALK = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW") and hasattr(os, "O_DIRECTORY")
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
BINARY = getattr(os, "O_BINARY", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)  # opening a pipe must not block
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | NO_FOLLOW
_LINK_ERRORS = frozenset({errno.ELOOP, errno.ENOTDIR, getattr(errno, "EMLINK", errno.ELOOP)})


class Outside(Exception):
    """The path leads out of the folder, or through a link."""


def parts_of(relative: str) -> tuple[str, ...]:
    """The parts of a path below a folder. Raises Outside for anything that could leave it."""
    parts = PurePosixPath(relative).parts
    if not parts or relative.startswith("/") or any(_is_strange(part) for part in parts):
        raise Outside(relative)
    return parts


def _is_strange(part: str) -> bool:
    return part in {"..", "."} or "\0" in part or (os.name == "nt" and any(mark in part for mark in "\\:"))


def open_for_reading(root: Path, relative: str) -> int:
    """A descriptor of the regular file at `relative`. Raises Outside or OSError."""
    *folders, name = parts_of(relative)
    flags = os.O_RDONLY | NO_FOLLOW | _NO_WAIT | BINARY
    if CAN_WALK:
        with folder_handle(root, tuple(folders)) as handle, _links_refused(relative):
            descriptor = os.open(name, flags, dir_fd=handle)
    else:
        descriptor = _open_checked(root, root.joinpath(*folders, name), flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Outside(relative)
    return descriptor


@contextmanager
def folder_handle(root: Path, parts: tuple[str, ...], *, create: bool = False) -> Iterator[int]:
    """A handle of the folder `parts` below `root`, reached without following any link (POSIX only)."""
    handle = os.open(root, _FOLDER)
    try:
        for part in parts:
            if create:
                _make(part, handle)
            with _links_refused(part):
                below = os.open(part, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)


def _make(part: str, handle: int) -> None:
    try:
        os.mkdir(part, dir_fd=handle)
    except FileExistsError:
        return
    os.fsync(handle)


@contextmanager
def _links_refused(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _LINK_ERRORS:
            raise Outside(path) from error
        raise


def is_really(path: Path) -> bool:
    """Whether `path` is its own real path: no link and no junction anywhere in it."""
    return os.path.normcase(os.path.realpath(path)) == os.path.normcase(path)


def is_listable(path: Path) -> bool:
    try:
        with os.scandir(path) as entries:
            next(entries, None)
    except OSError:
        return False
    return True


def _open_checked(root: Path, path: Path, flags: int) -> int:
    if not is_really(path) or not path.is_relative_to(root):
        raise Outside(str(path))
    descriptor = os.open(path, flags)
    if not is_really(path) or not os.path.samestat(os.fstat(descriptor), os.lstat(path)):
        os.close(descriptor)
        raise Outside(str(path))
    return descriptor


def root_fault(root: Path) -> str:
    """Why the folder of a vault cannot be read now, as a code of `knowledge.reasons`; empty when it can."""
    if not os.path.isdir(root):
        return "missing"
    if not is_really(root):
        return "moved"
    return "" if is_listable(root) else "unreadable"
