"""What one client follows, and how far it has been told. The socket only hints that there is more; this pulls it.

Events are rows, so nothing is lost: a hint that never came costs a second. Within a stream the order is that of `seq`;
across streams the one with the most urgent waiting event goes first.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.db import connections

from foundation.activity import selectors
from foundation.activity.services import PRIORITIES

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
BATCH = 100
MOST_STREAMS = 100

type Send = Callable[[dict[str, Any]], Awaitable[None]]

# A few threads of their own: Channels would run the queries of all sockets one after the other.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="sockets")


async def in_database[T](function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a selector or a service off the event loop, leaving no connection behind."""

    def call() -> T:
        try:
            return function(*args, **kwargs)
        finally:
            connections.close_all()

    return await sync_to_async(call, thread_sensitive=False, executor=_threads)()


@dataclass
class Followed:
    """`name` is the client's word for the stream (`inbox`), `stream` ours (`inbox:<user id>`)."""

    name: str
    stream: str
    epoch: str
    sent: int
    waiting: deque[dict[str, Any]] = field(default_factory=deque)
    moved: bool = True

    def rank(self) -> int:
        return min(PRIORITIES.index(row["priority"]) for row in self.waiting)


class Following:
    """The streams of one socket. Only `run` sends events, so there is never more than one pull at a time."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._streams: dict[str, Followed] = {}
        self._wake = asyncio.Event()

    def names(self) -> list[tuple[str, str]]:
        """`(name, stream)` of everything followed."""
        return [(each.name, each.stream) for each in self._streams.values()]

    def follows(self, stream: str) -> bool:
        return stream in self._streams

    def name_of(self, stream: str) -> str | None:
        """The client's word for a stream that it follows."""
        followed = self._streams.get(stream)
        return followed.name if followed else None

    def is_full(self) -> bool:
        return len(self._streams) >= MOST_STREAMS

    async def follow(self, name: str, stream: str, epoch: str | None, after: int | None) -> None:
        """Answer `subscribed`, then let `run` send what was missed and what comes."""
        self._streams.pop(stream, None)
        current, last, kept_from = await in_database(selectors.stream_extent, stream)
        recovered = after is not None and _recoverable(epoch, after, current, last, kept_from)
        start = _start(epoch, after, current, last, kept_from)
        await self._send(_subscribed(name, current, last, recovered))
        self._streams[stream] = Followed(name, stream, current, start)
        self._wake.set()

    def unfollow(self, stream: str) -> bool:
        return self._streams.pop(stream, None) is not None

    def moved(self, stream: str, seq: int) -> None:
        followed = self._streams.get(stream)
        if followed and seq > followed.sent:
            followed.moved = True
            self._wake.set()

    async def run(self) -> None:
        """Pull and send until cancelled. When the database is away, again and again."""
        while True:
            try:
                await self._round()
            except Exception as error:  # noqa: BLE001 - whatever it was, the rows are still there
                logger.warning("A socket could not pull its events (%s)", error.__class__.__name__)
                await asyncio.sleep(POLL_SECONDS)

    async def _round(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
        except TimeoutError:
            await self._poll()
        self._wake.clear()
        await self._drain()

    async def _poll(self) -> None:
        if not self._streams:
            return
        extents = await in_database(selectors.stream_positions, list(self._streams))
        for stream, (epoch, last) in extents.items():
            followed = self._streams.get(stream)
            if followed and followed.epoch not in ("", epoch):
                await self.follow(followed.name, stream, followed.epoch, followed.sent)
            elif followed:
                followed.epoch = epoch
                self.moved(stream, last)

    async def _drain(self) -> None:
        while True:
            await self._fill()
            ready = [each for each in self._streams.values() if each.waiting]
            if not ready:
                return
            await self._send_next(min(ready, key=Followed.rank))

    async def _fill(self) -> None:
        for followed in list(self._streams.values()):
            if followed.moved and not followed.waiting:
                rows = await in_database(selectors.events_after, followed.stream, followed.sent, limit=BATCH)
                followed.waiting.extend(rows)
                followed.moved = len(rows) == BATCH

    async def _send_next(self, followed: Followed) -> None:
        row = followed.waiting.popleft()
        if self._streams.get(followed.stream) is not followed:
            return  # unsubscribed meanwhile
        followed.sent = row["seq"]
        await self._send({"type": "event", "stream": followed.name, **row})


def _recoverable(epoch: str | None, after: int, current: str, last: int, kept_from: int) -> bool:
    """Whether everything behind `after` is still there, in the history that the client means."""
    return epoch in (None, "", current) and kept_from - 1 <= after <= last


def _start(epoch: str | None, after: int | None, current: str, last: int, kept_from: int) -> int:
    """Behind which `seq` to begin: where the client was; from what is kept; from now on for those who must refetch."""
    if after is None or epoch not in (None, "", current) or after > last:
        return last
    return max(after, kept_from - 1)


def _subscribed(name: str, epoch: str, seq: int, recovered: bool) -> dict[str, Any]:
    return {"type": "subscribed", "stream": name, "epoch": epoch, "seq": seq, "recovered": recovered}
