"""Waiting for a server that hangs once, not once more for every page: a while is let go by before it is asked again."""

import time
from typing import Any

from redis import ConnectionPool
from redis.exceptions import TimeoutError as Silent

PAUSE_SECONDS = 5.0
LONG_SECONDS = 1.0  # whoever refuses sooner than this may be asked again at once


class Patience:
    """Of one process with one server."""

    def __init__(self) -> None:
        self._asked_again_at = 0.0

    @property
    def is_worn(self) -> bool:
        return time.monotonic() < self._asked_again_at

    def kept_waiting(self, since: float) -> None:
        """It failed, having been asked at `since` (of `time.monotonic`)."""
        now = time.monotonic()
        if now - since >= LONG_SECONDS:
            self._asked_again_at = now + PAUSE_SECONDS


class PatientPool(ConnectionPool):
    """Connections to Redis for the cache. Raises `redis.exceptions.TimeoutError` at once while Redis is known to hang."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._patience = Patience()

    def get_connection(self, *args: Any, **options: Any) -> Any:
        if self._patience.is_worn:
            raise Silent("Redis kept us waiting just now")
        began = time.monotonic()
        try:
            return super().get_connection(*args, **options)
        except Silent:
            self._patience.kept_waiting(began)
            raise
