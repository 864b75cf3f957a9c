"""One event loop per process, on a thread of its own: timeouts, streaming and cancellation live there."""

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine
from queue import Empty, SimpleQueue
from typing import Any

from django.db import connection

from ai_integration.errors import CallCancelled

CHECK_SECONDS = 2.0

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_pid = 0


def loop() -> asyncio.AbstractEventLoop:
    global _loop, _pid
    with _lock:
        if _loop is None or _pid != os.getpid():
            _loop, _pid = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_loop.run_forever, name="gateway-loop", daemon=True).start()
        return _loop


def let_connection_go() -> None:
    """A pooled connection held while a model thinks is one that a request cannot have."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Run `work` on the gateway's loop and wait for it; an interrupted wait cancels it."""
    future = asyncio.run_coroutine_threadsafe(work, loop())
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise


def run_telling[T, M](
    work: Callable[[Callable[[M], None]], Coroutine[Any, Any, T]],
    hear: Callable[[M], None],
    *,
    wanted: Callable[[], bool] | None = None,
) -> T:
    """Run `work(tell)` on the gateway's loop and wait for it; what it tells is heard on the calling thread meanwhile.

    `wanted` is asked every CHECK_SECONDS on that thread too; once it says no, the work is cancelled, down to its socket.
    Raises CallCancelled then.
    """
    told: SimpleQueue[M | object] = SimpleQueue()
    over, asks = object(), _Asks(wanted)
    future = asyncio.run_coroutine_threadsafe(work(told.put), loop())
    future.add_done_callback(lambda _: told.put(over))
    try:
        while (message := _next(told, asks)) is not over:
            hear(message)  # type: ignore[arg-type] # what is not the end is an M
        return future.result()
    except BaseException:
        future.cancel()
        raise


def _next(told: SimpleQueue[Any], asks: "_Asks") -> Any:
    while asks.wanted is not None:
        try:
            return told.get(timeout=asks.until())
        except Empty:
            asks.ask()
    return told.get()


class _Asks:
    """Asks now and then whether the work is still wanted, however much is told meanwhile."""

    def __init__(self, wanted: Callable[[], bool] | None) -> None:
        self.wanted, self._at = wanted, time.monotonic() + CHECK_SECONDS

    def until(self) -> float:
        if time.monotonic() >= self._at:
            self.ask()
        return max(0.0, self._at - time.monotonic())

    def ask(self) -> None:
        if self.wanted is not None and not self.wanted():
            raise CallCancelled
        let_connection_go()
        self._at = time.monotonic() + CHECK_SECONDS
