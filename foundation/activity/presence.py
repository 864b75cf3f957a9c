"""Who looks at what. Nothing of it is stored: sockets tell each other, and whoever says nothing for a while is gone.

A socket that looks at something says so to all that follow the stream, again every so often, and once more when
somebody new says something first, so that the newcomer learns who was there before.
"""

import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from foundation.activity import live

REPEAT_SECONDS = 15
EXPIRY_SECONDS = 40

type Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass
class Sighting:
    """What one socket looks at, as it said last."""

    user: str
    name: str
    focus: str
    until: float


@dataclass
class Watched:
    """One stream, as seen by one socket: its own focus, and what the others said."""

    focus: str | None = None
    told_at: float = 0.0
    others: dict[str, Sighting] = field(default_factory=dict)
    shown: list[dict[str, str]] = field(default_factory=list)


class Presence:
    """The presence of one socket on the streams that it follows."""

    def __init__(self, user: Any, send: Send) -> None:
        self._me = uuid.uuid4().hex
        self._user, self._name = str(user.pk), str(user)
        self._send = send
        self._watched: dict[str, Watched] = {}

    async def look(self, name: str, stream: str, focus: str | None) -> None:
        """Say what this socket looks at, and answer who else looks at the stream."""
        watched = self._watched.setdefault(stream, Watched())
        first = watched.focus is None and focus is not None
        if focus != watched.focus:
            watched.focus = focus
            self._tell(stream, watched, asks=first)
        await self._show(name, stream)

    async def heard(self, name: str, stream: str, seen: dict[str, Any]) -> None:
        """Another socket says what it looks at."""
        if seen["socket"] == self._me:
            return
        watched = self._watched.setdefault(stream, Watched())
        if seen["focus"] is None:
            watched.others.pop(seen["socket"], None)
        else:
            until = time.monotonic() + EXPIRY_SECONDS
            watched.others[seen["socket"]] = Sighting(seen["user"], seen["name"], seen["focus"], until)
        if seen["asks"] and watched.focus is not None:
            self._tell(stream, watched)
        await self._show(name, stream, only_changes=True)

    async def refresh(self, followed: list[tuple[str, str]]) -> None:
        """Repeat oneself, and let go of those who do not."""
        now = time.monotonic()
        for name, stream in followed:
            watched = self._watched.get(stream)
            if watched is None:
                continue
            if watched.focus is not None and now - watched.told_at >= REPEAT_SECONDS:
                self._tell(stream, watched)
            watched.others = {key: each for key, each in watched.others.items() if each.until > now}
            await self._show(name, stream, only_changes=True)

    def leave(self, stream: str) -> None:
        """This socket no longer follows the stream."""
        watched = self._watched.pop(stream, None)
        if watched is not None and watched.focus is not None:
            watched.focus = None
            self._tell(stream, watched)

    def _tell(self, stream: str, watched: Watched, *, asks: bool = False) -> None:
        watched.told_at = time.monotonic()
        seen = {
            "socket": self._me,
            "user": self._user,
            "name": self._name,
            "focus": watched.focus,
            "asks": asks,
        }
        live.presence(stream, seen)

    async def _show(self, name: str, stream: str, *, only_changes: bool = False) -> None:
        watched = self._watched[stream]
        found = {
            (each.user, each.focus): {"user": each.user, "name": each.name, "focus": each.focus}
            for each in watched.others.values()
            if each.user != self._user
        }
        who = [found[key] for key in sorted(found)]
        if only_changes and who == watched.shown:
            return
        watched.shown = who
        await self._send(_frame(name, who))


def _frame(name: str, who: list[dict[str, str]]) -> dict[str, Any]:
    """An event outside the numbering: it has no `seq`, and nobody who missed it needs it any more."""
    event = {
        "type": "presence.changed",
        "id": str(uuid.uuid4()),
        "at": timezone.now().isoformat(),
        "data": {"who": who, "expires_in": EXPIRY_SECONDS},
    }
    return {"type": "event", "stream": name, "seq": None, "priority": "low", "event": event}
