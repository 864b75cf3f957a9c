"""Writing one new file into a folder of a vault: whole or not at all, and never over anything.

Written under a hidden name beside its place, flushed, then linked to its name, which fails when the name is taken.
"""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from knowledge.files.inside import BINARY, CAN_WALK, NO_FOLLOW, Outside, folder_handle, is_really
from knowledge.files.names import path_key

_TEMPORARY = ".hisho-"
_DIRECT = "direct"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW | BINARY
_NO_HARD_LINKS = frozenset(
    number
    for name in ("EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EMLINK")
    if (number := getattr(errno, name, None))
)


class Folder(Protocol):
    """A folder that stays the same folder while it is held, whatever happens to its name."""

    def names(self) -> list[str]: ...
    def open(self, name: str, flags: int) -> int: ...
    def link(self, name: str, new_name: str) -> None:
        """Give the file a second name, or move it. Raises FileExistsError when the name is taken."""
        ...

    def remove(self, name: str) -> None: ...
    def flush(self) -> None: ...
    def check(self) -> None:
        """Raises Outside when the folder is no longer where it was."""
        ...


@contextmanager
def open_folder(root: Path, parts: tuple[str, ...]) -> Iterator[Folder]:
    """The folder `parts` below `root`, made if it is missing. Raises Outside or OSError."""
    if not is_really(root):
        raise Outside(str(root))
    if not root.is_dir():
        raise FileNotFoundError(errno.ENOENT, str(root))
    if CAN_WALK:
        with folder_handle(root, parts, create=True) as handle:
            yield _HandleFolder(handle, root.joinpath(*parts))
    else:
        path = root.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True)
        folder = _PathFolder(path)
        folder.check()
        yield folder


def as_on_disk(root: Path, parts: tuple[str, ...]) -> tuple[str, ...]:
    """The parts as their folders are already written there: another case or composition must not make a twin."""
    found: list[str] = []
    for part in parts:
        try:
            names = os.listdir(root.joinpath(*found))
        except OSError:
            names = []
        twins = sorted(name for name in names if path_key(name) == path_key(part))
        found.append(part if part in twins or not twins else twins[0])
    return tuple(found)


def temporary_prefix(key: str) -> str:
    return f"{_TEMPORARY}{hashlib.sha256(key.encode()).hexdigest()[:16]}-"


def write_new(folder: Folder, name: str, data: bytes, *, key: str, attempt: int) -> None:
    """Create `name` with `data`. Raises FileExistsError when the name is taken, Outside, OSError.

    `key` names the writing and `attempt` counts its tries: what an earlier try left behind is removed.
    """
    remove_leftovers(folder, key)
    prefix = temporary_prefix(key)
    temporary = f"{prefix}{attempt}.tmp"
    try:
        _write(folder, temporary, data)
        folder.check()
        _publish(folder, temporary, name, data, marker=f"{prefix}{_DIRECT}")
    finally:
        folder.remove(temporary)
        with suppress(OSError):
            folder.flush()


def _write(folder: Folder, name: str, data: bytes) -> None:
    with os.fdopen(folder.open(name, _NEW), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def remove_leftovers(folder: Folder, key: str) -> None:
    """Take away what killed tries of the writing `key` left behind under hidden names."""
    prefix = temporary_prefix(key)
    for leftover in [found for found in folder.names() if found.startswith(prefix)]:
        folder.remove(leftover)


def was_cut_short(folder: Folder, key: str) -> bool:
    """Whether the writing `key` was killed in the one moment in which its file can be half there."""
    return f"{temporary_prefix(key)}{_DIRECT}" in folder.names()


def _publish(folder: Folder, temporary: str, name: str, data: bytes, *, marker: str) -> None:
    try:
        folder.link(temporary, name)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _write_directly(folder, name, data, marker)


def _write_directly(folder: Folder, name: str, data: bytes, marker: str) -> None:
    """For file systems without hard links (exFAT, some network shares): still never over anything."""
    if name in folder.names():
        raise FileExistsError(errno.EEXIST, name)
    os.close(folder.open(marker, _NEW))
    try:
        _write(folder, name, data)
    except FileExistsError:
        raise
    except BaseException:
        folder.remove(name)
        raise
    finally:
        folder.remove(marker)


class _HandleFolder:
    def __init__(self, handle: int, path: Path) -> None:
        self.handle = handle
        self.path = path

    def names(self) -> list[str]:
        return os.listdir(self.handle)

    def open(self, name: str, flags: int) -> int:
        return os.open(name, flags, 0o666, dir_fd=self.handle)

    def link(self, name: str, new_name: str) -> None:
        os.link(name, new_name, src_dir_fd=self.handle, dst_dir_fd=self.handle, follow_symlinks=False)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.handle)

    def flush(self) -> None:
        os.fsync(self.handle)

    def check(self) -> None:
        if not is_really(self.path) or not os.path.samestat(os.fstat(self.handle), os.stat(self.path)):
            raise Outside(str(self.path))


class _PathFolder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> list[str]:
        return os.listdir(self.path)

    def open(self, name: str, flags: int) -> int:
        self.check()
        return os.open(self.path / name, flags, 0o666)

    def link(self, name: str, new_name: str) -> None:
        if os.name == "nt":
            os.rename(self.path / name, self.path / new_name)  # refuses to replace, on Windows only
        else:
            os.link(self.path / name, self.path / new_name)

    def remove(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self.path / name)

    def flush(self) -> None:
        """Windows cannot flush a folder; the file itself was flushed."""

    def check(self) -> None:
        if not is_really(self.path):
            raise Outside(str(self.path))
