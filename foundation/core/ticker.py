"""Work that comes round again: every so many seconds a task is queued by name.

Upper rooms fill the table in `AppConfig.ready`. One thread per worker process does the ticking, started when the worker
is ready. Of several workers on one cache, one publishes each tick; a tick twice does no harm, the tasks take leases.
"""

import logging
import threading
import time
from typing import Any

from celery import current_app
from celery.signals import worker_ready, worker_shutting_down
from django.db import close_old_connections

from foundation.core import soft_cache

logger = logging.getLogger(__name__)

_table: dict[str, float] = {}


def every(seconds: float, task_name: str) -> None:
    """Queue the Celery task `task_name` without arguments, at start and then every `seconds`."""
    _table[task_name] = seconds


def entries() -> dict[str, float]:
    return dict(_table)


class Ticker(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="ticker", daemon=True)
        self._over = threading.Event()
        self._due: dict[str, float] = {}
        self._silent: set[str] = set()

    def run(self) -> None:
        while not self._over.wait(self._pause()):
            now = time.monotonic()
            for name, seconds in entries().items():
                if self._due.get(name, 0) <= now:
                    self._due[name] = now + seconds
                    self._tick(name, seconds)
            close_old_connections()

    def stop(self) -> None:
        self._over.set()

    def _pause(self) -> float:
        waits = [self._due.get(name, 0) - time.monotonic() for name in entries()]
        return max(0.0, min([*waits, 1.0]))

    def _tick(self, name: str, seconds: float) -> None:
        try:
            round_ = int(time.time() / seconds)
            if soft_cache.is_first(f"tick:{name}:{round_}", int(seconds * 2) + 1):
                current_app.send_task(name, retry=False, expires=seconds)
            self._silent.discard(name)
        except Exception as error:  # noqa: BLE001 - the broker may be away; the next tick comes anyway
            if name not in self._silent:
                logger.warning("%s could not be queued (%s); trying again", name, error.__class__.__name__)
            self._silent.add(name)


_running: Ticker | None = None
_lock = threading.Lock()


def start(**_signal: Any) -> None:
    """Start ticking in this process. A second call does nothing."""
    global _running  # noqa: PLW0603 - one ticker per process
    with _lock:
        if _running is None or not _running.is_alive():
            _running = Ticker()
            _running.start()


def stop(**_signal: Any) -> None:
    """Tick no more. A tick under way ends by itself; whoever starts meanwhile gets a ticker of their own."""
    global _running  # noqa: PLW0603
    with _lock:
        if _running is not None:
            _running.stop()
        _running = None


worker_ready.connect(start, dispatch_uid="foundation.ticker.start")
worker_shutting_down.connect(stop, dispatch_uid="foundation.ticker.stop")
