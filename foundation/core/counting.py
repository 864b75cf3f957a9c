"""Counting in the shared cache, atomically; in this process when the cache does not answer, so that a limit stays a limit."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache

logger = logging.getLogger(__name__)

_beside: Any = LocMemCache("counting", {"OPTIONS": {"MAX_ENTRIES": 20_000}})


@dataclass(frozen=True)
class Count:
    """`used` so far, this one included; the count begins anew in `seconds_left`."""

    used: int
    seconds_left: int


def count(key: str, seconds: int) -> Count:
    """One more of `key`; the first one starts its time, later ones do not prolong it."""
    return _wherever(_count, key, seconds)


def count_within(key: str, seconds: int, now: float) -> tuple[int, int]:
    """One more of `key` in the clock's window of `now`: `(used in it, used in the one before)`."""
    return _wherever(_count_within, key, seconds, now)


def forget(*keys: str) -> None:
    _wherever(lambda where: where.delete_many([*keys, *(f"{key}:until" for key in keys)]))


def _wherever(work: Any, *args: Any) -> Any:
    try:
        return work(cache, *args)
    except Exception as error:  # noqa: BLE001 - whatever the cache's client raises: no cache must not mean no service
        logger.warning("Counting in this process: the cache does not answer (%s)", error.__class__.__name__)
        return work(_beside, *args)


def _count(where: Any, key: str, seconds: int) -> Count:
    used = _one_more(where, key, seconds)
    ends = where.get_or_set(f"{key}:until", lambda: int(time.time()) + seconds, seconds)
    return Count(used, max(1, ends - int(time.time())))


def _count_within(where: Any, key: str, seconds: int, now: float) -> tuple[int, int]:
    window = int(now // seconds)
    used = _one_more(where, f"{key}:{window}", 2 * seconds + 5)
    return used, where.get(f"{key}:{window - 1}") or 0


def _one_more(where: Any, key: str, seconds: int) -> int:
    try:
        return where.incr(key)
    except ValueError:  # it is the first, or its time has just run out
        where.add(key, 0, seconds)
    try:
        return where.incr(key)
    except ValueError:
        return 1
