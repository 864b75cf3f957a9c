"""What may be forgotten at any time: a cache that is away is an empty one, and whoever asks goes on without it.

For remembering only. What must hold (leases, counts of a rate limit, a used link) has its row, or says what it does alone.
"""

import logging
from collections.abc import Iterable
from typing import Any

from django.core.cache import cache

logger = logging.getLogger(__name__)


def get(key: str, default: Any = None) -> Any:
    """What is remembered under `key`."""
    try:
        return cache.get(key, default)
    except Exception as error:  # noqa: BLE001 - each backend has errors of its own
        return _without_it(error, default)


def get_many(keys: Iterable[str]) -> dict[str, Any]:
    """What is remembered of these keys."""
    try:
        return cache.get_many(keys)
    except Exception as error:  # noqa: BLE001 - as above
        return _without_it(error, {})


def keep(key: str, value: Any, seconds: float) -> None:
    """Remember a value for a while, or not at all."""
    try:
        cache.set(key, value, seconds)
    except Exception as error:  # noqa: BLE001 - as above
        _without_it(error, None)


def is_first(key: str, seconds: float) -> bool:
    """Whether nobody said `key` within these seconds. While the cache is away everybody is first."""
    try:
        return cache.add(key, 1, seconds)
    except Exception as error:  # noqa: BLE001 - as above
        return _without_it(error, True)


def forget(key: str) -> None:
    try:
        cache.delete(key)
    except Exception as error:  # noqa: BLE001 - as above
        _without_it(error, None)


def _without_it[T](error: Exception, answer: T) -> T:
    logger.debug("The cache is away (%s)", error.__class__.__name__)
    return answer
