"""What is counted. Upper rooms add gauges with `gauge`."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

ACTIVE_SECONDS = 300
RATE_SECONDS = 60

REQUESTS = Counter("requests", "HTTP requests answered", ("method", "route", "status"))
DURATION = Histogram("request_duration_seconds", "Time until the answer", ("method", "route"))
IN_FLIGHT = Gauge("requests_in_flight", "HTTP requests being answered")
SOCKETS = Gauge("sockets_open", "Open WebSockets")


def gauge(name: str, text: str, function: Callable[[], float]) -> None:
    """A number that is asked for at each scrape. `function` must be quick; a failure reads as NaN."""
    Gauge(name, text).set_function(_careful(function))


def _careful(function: Callable[[], float]) -> Callable[[], float]:
    def ask() -> float:
        try:
            return function()
        except Exception:  # noqa: BLE001 - one broken gauge must not hide the others
            return float("nan")

    return ask


class _Recent:
    """Who was here within ACTIVE_SECONDS, and when requests came within RATE_SECONDS. One per process."""

    def __init__(self) -> None:
        self._seen: dict[Any, float] = {}
        self._times: deque[float] = deque(maxlen=100_000)
        self._lock = threading.Lock()

    def note(self, user_id: Any | None) -> None:
        now = time.monotonic()
        with self._lock:
            self._times.append(now)
            if user_id is not None:
                self._seen[user_id] = now

    def active_users(self) -> int:
        with self._lock:
            since = time.monotonic() - ACTIVE_SECONDS
            self._seen = {user: at for user, at in self._seen.items() if at >= since}
            return len(self._seen)

    def requests_per_minute(self) -> int:
        with self._lock:
            since = time.monotonic() - RATE_SECONDS
            while self._times and self._times[0] < since:
                self._times.popleft()
            return len(self._times)


recent = _Recent()
gauge("active_users", "People with a request in the last five minutes", recent.active_users)
