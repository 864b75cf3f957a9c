"""`/ws/`: parse, check, forward. What is sent, and when, is the business of `foundation.activity.following`."""

import asyncio
import time
from contextlib import suppress
from typing import Any, ClassVar

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from foundation.accounts.selectors import still_signed_in
from foundation.activity.authorisers import may_follow
from foundation.activity.following import Following, in_database
from foundation.activity.frames import (
    BadFrame,
    Said,
    read_focus,
    read_frame,
    read_said,
    read_stream,
    read_subscribe,
    stream_for,
)
from foundation.activity.live import group
from foundation.activity.presence import Presence
from foundation.core.errors import DomainError, NotFound
from foundation.monitoring.metrics import SOCKETS
from workflows.selectors import discussion_visible
from workflows.services import discussion_interject

PING_SECONDS = 30
RECHECK_SECONDS = 4
FRAMES_PER_SECOND = 100
CLOSE_SIGNED_OUT = 4401


class PlatformConsumer(AsyncJsonWebsocketConsumer):
    """One socket of one signed-in user."""

    frames: ClassVar[dict[str, str]] = {
        "subscribe": "on_subscribe",
        "unsubscribe": "on_unsubscribe",
        "pong": "on_pong",
        "ai_discussion": "on_said",
        "ui_update": "on_focus",
    }

    async def connect(self) -> None:
        self.user, self.second, self.count = self.scope["user"], 0, 0
        self.following = Following(self.send_json)
        self.presence = Presence(self.user, self.send_json)
        await self.accept()
        SOCKETS.inc()
        self.jobs = [
            asyncio.create_task(job)
            for job in (self.following.run(), self._recheck(), self._rejoin(), self._ping())
        ]

    async def disconnect(self, code: int) -> None:
        SOCKETS.dec()
        for job in self.jobs:
            job.cancel()
        for _name, stream in self.following.names():
            await self._leave(stream)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        try:
            self._not_too_fast()
            frame = read_frame(text_data)
            await getattr(self, self.frames.get(frame["type"], "on_unknown"))(frame)
        except BadFrame as error:
            await self.send_json(error.as_frame())
        except DatabaseError:
            await self.send_json(BadFrame("unavailable").as_frame())

    async def on_subscribe(self, frame: dict[str, Any]) -> None:
        wish = read_subscribe(frame)
        stream = stream_for(wish.name, self.user)
        if not await in_database(may_follow, self.user, stream):
            raise BadFrame("not_found", {"stream": wish.name})
        if self.following.is_full():
            raise BadFrame("too_many_streams", {"stream": wish.name})
        await self._join(stream)
        await self.following.follow(wish.name, stream, wish.epoch, wish.after)

    async def on_unsubscribe(self, frame: dict[str, Any]) -> None:
        stream = stream_for(read_stream(frame), self.user)
        if self.following.unfollow(stream):
            await self._leave(stream)

    async def on_pong(self, frame: dict[str, Any]) -> None:
        """Nothing to do: that something came was enough."""

    async def on_said(self, frame: dict[str, Any]) -> None:
        """Store what the commander says, once, and acknowledge it when it is durable."""
        said = read_said(frame)
        about = {"stream": said.name, "client_msg_id": str(said.client_msg_id)}
        try:
            seq = await in_database(_interject, self.user, said)
        except DomainError as error:
            told = {"code": error.code, "message": str(error), "details": error.details}
            await self.send_json({"type": "error"} | told | about)
            return
        await self.send_json({"type": "ack", "client_msg_id": frame["client_msg_id"], "seq": seq})

    async def on_focus(self, frame: dict[str, Any]) -> None:
        name, focus = read_focus(frame)
        stream = stream_for(name, self.user)
        if not self.following.follows(stream):
            raise BadFrame("not_subscribed", {"stream": name})
        await self.presence.look(name, stream, focus)

    async def on_unknown(self, frame: dict[str, Any]) -> None:
        raise BadFrame("unknown_type", {"given": frame["type"][:60]})

    async def stream_moved(self, message: dict[str, Any]) -> None:
        self.following.moved(message["stream"], message["seq"])

    async def stream_delta(self, message: dict[str, Any]) -> None:
        name = self.following.name_of(message["stream"])
        if name is not None:
            told = {key: message[key] for key in ("message_id", "offset", "text")}
            await self.send_json({"type": "delta", "stream": name} | told)

    async def stream_progress(self, message: dict[str, Any]) -> None:
        name = self.following.name_of(message["stream"])
        if name is not None:
            told = {key: message[key] for key in ("about", "done", "total", "text")}
            await self.send_json({"type": "progress", "stream": name} | told)

    async def stream_presence(self, message: dict[str, Any]) -> None:
        name = self.following.name_of(message["stream"])
        if name is not None:
            await self.presence.heard(name, message["stream"], message["seen"])

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self.send_json({"type": "ping", "timestamp": timezone.now().isoformat()})

    async def _recheck(self) -> None:
        """Rights and sign-ins end while sockets are open."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            with suppress(DatabaseError):
                self.user = await in_database(still_signed_in, self.user.pk, self.scope["credential"])
                if self.user is None:
                    await self.close(CLOSE_SIGNED_OUT)
                    return
                await self._drop_what_is_forbidden()
                await self.presence.refresh(self.following.names())

    async def _rejoin(self) -> None:
        """A job of its own: what waits for the channel layer must not keep rights from being checked."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            for _name, stream in self.following.names():
                await self._join(stream)

    async def _drop_what_is_forbidden(self) -> None:
        for name, stream in self.following.names():
            if not await in_database(may_follow, self.user, stream):
                self.following.unfollow(stream)
                await self._leave(stream)
                await self.send_json(BadFrame("not_found", {"stream": name}).as_frame())

    async def _join(self, stream: str) -> None:
        """Hear of what happens at once. Without the channel layer the feed polls, and this is tried again."""
        with suppress(Exception):
            async with asyncio.timeout(settings.REDIS_PATIENCE_SECONDS):
                await self.channel_layer.group_add(group(stream), self.channel_name)

    async def _leave(self, stream: str) -> None:
        self.presence.leave(stream)
        with suppress(Exception):
            async with asyncio.timeout(settings.REDIS_PATIENCE_SECONDS):
                await self.channel_layer.group_discard(group(stream), self.channel_name)

    def _not_too_fast(self) -> None:
        second = int(time.monotonic())
        self.second, self.count = second, self.count + 1 if second == self.second else 1
        if self.count > FRAMES_PER_SECOND:
            raise BadFrame("rate_limited")


def _interject(user: Any, said: Said) -> int:
    """Where in the stream the message stands. Raises DomainError."""
    kind, _, discussion_id = said.name.partition(":")
    if kind != "discussion":
        raise NotFound
    discussion = discussion_visible(user, discussion_id)
    return discussion_interject(user, discussion, text=said.text, client_msg_id=said.client_msg_id).seq
