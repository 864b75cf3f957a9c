"""How far a running call of a tool is, as its server says: told to whoever watches, and remembered for whoever comes later.

It is no row and no event. A server may say it many times in a second, and none of it matters once the call has answered.
"""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from foundation.activity import live
from foundation.core import soft_cache

MOST_A_SECOND = 10
KEPT_SECONDS = 3600


@dataclass(frozen=True)
class Progress:
    """`total` is None where the server does not know it; `text` is the server's own, material like all that it says."""

    done: float
    total: float | None = None
    text: str = ""


def teller(stream: str, key: str) -> Callable[[tuple[float, float | None, str]], None]:
    """What hears the progress of the call under `key`, and passes it on as often as anybody can read it."""
    second, count = 0, 0

    def tell(said: tuple[float, float | None, str]) -> None:
        nonlocal second, count
        now = int(time.monotonic())
        second, count = now, count + 1 if now == second else 1
        found = _sound(*said)
        if found is None or count > MOST_A_SECOND:
            return
        soft_cache.keep(_place(key), (found.done, found.total, found.text), KEPT_SECONDS)
        live.progress(stream, key, found.done, found.total, found.text)

    return tell


def progress_of(key: str) -> Progress | None:
    """What was said last about the call under `key`."""
    known = soft_cache.get(_place(key))
    return Progress(*known) if known else None


def _sound(done: float, total: float | None, text: str) -> Progress | None:
    """Numbers that JSON and a bar can hold."""
    if not (math.isfinite(done) and done >= 0):
        return None
    whole = total if total is not None and math.isfinite(total) and total > 0 else None
    return Progress(min(done, whole) if whole else done, whole, text.replace("\x00", ""))


def _place(key: str) -> str:
    return f"progress:{hashlib.sha256(key.encode()).hexdigest()}"
