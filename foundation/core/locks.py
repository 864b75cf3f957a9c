"""A lock on a folder: one process at a time, gone with the process however it ends."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Windows locks byte ranges and then forbids reading them: lock one far behind the text.
_FAR = 1 << 20


class Held(Exception):
    """Another process holds the lock. `holder` is what it wrote about itself."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(holder)


class FolderLock:
    """`with FolderLock(path, "port 8000"): …` Raises Held."""

    def __init__(self, path: Path, about: str) -> None:
        self.path, self.about = path, about

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._file)
        except OSError as error:
            holder = os.read(self._file, 200).decode(errors="replace").strip()
            os.close(self._file)
            raise Held(holder) from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{self.about}, pid {os.getpid()}\n".encode())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


def _lock(file: int) -> None:
    if sys.platform == "win32":
        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(file, 0, os.SEEK_SET)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
