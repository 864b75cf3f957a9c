"""The only sender on the channel layer. It only hints; clients pull what they miss.

Nobody waits for a hint to be sent: it is handed to the server's loop or, in a process without one, to a thread that sends
them one after the other. (`async_to_sync` would open a loop and a connection for each, and wait for a Redis that hangs.)
"""

import asyncio
import atexit
import logging
import threading
from typing import Any

from celery.signals import worker_process_shutdown
from channels.layers import get_channel_layer
from django.conf import settings

from foundation.core.forks import after_fork

logger = logging.getLogger(__name__)
MOST_WAITING = 1000
LAST_SECONDS = 1.0
_server_loop: asyncio.AbstractEventLoop | None = None
_sending: set[asyncio.Task[None]] = set()


def serve_on(loop: asyncio.AbstractEventLoop | None) -> None:
    """The running server's loop, or None when there is none in this process."""
    global _server_loop  # noqa: PLW0603 - one server per process
    _server_loop = loop


def group(stream: str) -> str:
    return f"stream.{stream.replace(':', '.')}"


def hint(stream: str, seq: int) -> None:
    """Say that `stream` has reached `seq`."""
    send(group(stream), {"type": "stream.moved", "stream": stream, "seq": seq})


def delta(stream: str, message_id: str, offset: int, text: str) -> None:
    """Tell those who follow `stream` what is being written: `text` at `offset` of a message that is not stored yet."""
    told = {"stream": stream, "message_id": message_id, "offset": offset, "text": text}
    send(group(stream), {"type": "stream.delta"} | told)


def progress(stream: str, about: str, done: float, total: float | None, text: str) -> None:
    """Tell those who follow `stream` how far something is that runs: `done` of `total`, which may be unknown."""
    told = {"stream": stream, "about": about, "done": done, "total": total, "text": text}
    send(group(stream), {"type": "stream.progress"} | told)


def presence(stream: str, seen: dict[str, Any]) -> None:
    """Tell the other sockets that follow `stream` what one of them knows of who looks at it."""
    send(group(stream), {"type": "stream.presence", "stream": stream, "seen": seen})


def send(group_name: str, message: dict[str, Any]) -> None:
    here = _loop_of_this_thread()
    if here is not None:
        task = here.create_task(_publish(group_name, message))
        _sending.add(task)  # a task that nobody holds may be collected before it ran
        task.add_done_callback(_sending.discard)
    elif _server_loop is not None:
        asyncio.run_coroutine_threadsafe(_publish(group_name, message), _server_loop)
    elif settings.REDIS_URL:
        _sender_of_this_process().put(group_name, message)


async def _publish(group_name: str, message: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(settings.REDIS_PATIENCE_SECONDS):
            await get_channel_layer().group_send(group_name, message)
    except Exception as error:  # noqa: BLE001 - a lost hint costs a second, a failed command costs the work
        logger.warning("A live hint was lost (%s)", error.__class__.__name__)


class _Sender:
    """A thread with a loop of its own. What is said to one group arrives there in the order in which it was said."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._waiting: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(MOST_WAITING)
        run = self._loop.run_until_complete
        threading.Thread(target=run, args=(self._send_all(),), name="live-hints", daemon=True).start()

    def put(self, group_name: str, message: dict[str, Any]) -> None:
        self._loop.call_soon_threadsafe(self._take, group_name, message)

    def flush(self, seconds: float) -> None:
        """Wait up to so many seconds for what was put before."""
        asyncio.run_coroutine_threadsafe(
            asyncio.wait_for(self._waiting.join(), seconds), self._loop
        ).exception()

    def _take(self, group_name: str, message: dict[str, Any]) -> None:
        if self._waiting.full():
            self._waiting.get_nowait()  # the oldest says the least
            self._waiting.task_done()
        self._waiting.put_nowait((group_name, message))

    async def _send_all(self) -> None:
        while True:
            await _publish(*await self._waiting.get())
            self._waiting.task_done()


_sender: _Sender | None = None
_lock = threading.Lock()


def _sender_of_this_process() -> _Sender:
    global _sender  # noqa: PLW0603 - one per process
    with _lock:
        if _sender is None:
            _sender = _Sender()
        return _sender


def flush(**_signal: Any) -> None:
    """Let what was said last go out before the process ends."""
    if _sender is not None:
        _sender.flush(LAST_SECONDS)


def _another_process() -> None:
    global _sender, _lock
    _sender, _lock = None, threading.Lock()


after_fork(_another_process)
atexit.register(flush)
worker_process_shutdown.connect(flush, dispatch_uid="foundation.live.flush")


def _loop_of_this_thread() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
