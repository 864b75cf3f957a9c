"""Lets one set-up work at a time. The system drops the lock when its holder dies, so none is ever stale."""

from __future__ import annotations

import errno
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Callable, Iterator

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]
try:
    import msvcrt
except ImportError:
    msvcrt = None  # type: ignore[assignment]

BUSY = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


@contextmanager
def only_one(path: Path, waiting: Callable[[], None]) -> Iterator[int]:
    """Hold the lock file `path`; call `waiting` once if another holds it. Yields the descriptor.

    Raises OSError when the file cannot be written. A file system without locks is used unguarded.
    """
    with open(path, "a+b") as file:
        said = False
        while not _try_lock(file):
            if not said:
                waiting()
                said = True
            time.sleep(0.3)
        yield file.fileno()


def sharing(held: int) -> dict[str, Any]:
    """Popen arguments with which a child holds the lock too: if we are killed, it must not go on unguarded."""
    return {} if os.name == "nt" else {"pass_fds": (held,)}


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None:
            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    except OSError as error:
        return error.errno not in BUSY
    return True
