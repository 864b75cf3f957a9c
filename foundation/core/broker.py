"""Kombu's memory transport, woken instead of polling: an item waits for microseconds, an idle process for nothing."""

import threading
import time
from queue import Empty
from typing import Any

from kombu.transport import memory, virtual

# A safety net only: whatever makes a consumer able to go on wakes it at once.
LONGEST_SLEEP_SECONDS = 1.0

_moved = threading.Event()


class QoS(virtual.QoS):
    def ack(self, delivery_tag: Any) -> None:
        super().ack(delivery_tag)
        _moved.set()  # the prefetch window has room again

    def reject(self, delivery_tag: Any, requeue: bool = False) -> None:
        super().reject(delivery_tag, requeue=requeue)
        _moved.set()


class Channel(memory.Channel):
    QoS = QoS

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        _moved.set()

    def _put_fanout(self, exchange: str, message: Any, routing_key: str | None = None, **kwargs: Any) -> None:
        super()._put_fanout(exchange, message, routing_key, **kwargs)
        _moved.set()


class Transport(memory.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Deliver one message. Raises TimeoutError when none came within `timeout` seconds."""
        ends = None if timeout is None else time.monotonic() + timeout
        while True:
            _moved.clear()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                left = LONGEST_SLEEP_SECONDS if ends is None else ends - time.monotonic()
                if left <= 0:
                    raise TimeoutError from None
                _moved.wait(min(left, LONGEST_SLEEP_SECONDS))
            else:
                return
