"""Is everything alright? Rooms register a check; nothing here ever raises or waits long."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

logger = logging.getLogger(__name__)

OK, DEGRADED, DOWN, UNKNOWN = "ok", "degraded", "down", "unknown"
SECONDS_PER_CHECK = 2.0


@dataclass(frozen=True)
class Health:
    """`status` is ok, degraded, down, or unknown (asked too early). `detail` is for people, `facts` are small JSON."""

    status: str = OK
    detail: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"status": self.status, **({"detail": self.detail} if self.detail else {}), **self.facts}


type Check = Callable[[], Health]

_checks: dict[str, Check] = {}
_vital: set[str] = set()
_running: dict[str, Future[Health]] = {}
_lock = threading.Lock()
_pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="health")


def register(name: str, check: Check, *, vital: bool = False) -> None:
    """Ask `check` for the component `name`. Without a `vital` component the platform is not ready."""
    _checks[name] = check
    if vital:
        _vital.add(name)


def report(*, only_vital: bool = False) -> dict[str, Health]:
    """Every component's health, within about SECONDS_PER_CHECK in all."""
    names = [name for name in _checks if name in _vital or not only_vital]
    futures = {name: _ask(name) for name in names}
    ends = time.monotonic() + SECONDS_PER_CHECK
    return {name: _answer(name, future, ends) for name, future in futures.items()}


def overall(components: dict[str, Health]) -> str:
    """`down` when something vital is down, `degraded` when anything is not alright, else `ok`."""
    if any(components[name].status == DOWN for name in _vital & components.keys()):
        return DOWN
    return DEGRADED if any(part.status in (DOWN, DEGRADED) for part in components.values()) else OK


def _ask(name: str) -> Future[Health]:
    with _lock:
        running = _running.get(name)
        if running is None or running.done():  # a check that hangs is not asked again until it comes back
            running = _running[name] = _pool.submit(_run, name)
        return running


def _run(name: str) -> Health:
    try:
        return _checks[name]()
    except Exception as error:
        logger.warning("The health check %s failed", name, exc_info=True)
        return Health(DOWN, error.__class__.__name__)
    finally:
        connections.close_all()


def _answer(name: str, future: Future[Health], ends: float) -> Health:
    try:
        return future.result(timeout=max(0.01, ends - time.monotonic()))
    except TooSlow:
        return Health(DOWN, f"no answer within {SECONDS_PER_CHECK:g} s")
