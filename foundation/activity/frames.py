"""What clients may say on a socket. Anything else is a BadFrame, told to the client and otherwise without effect."""

import json
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

MESSAGES = {
    "bad_json": _("This frame is not a JSON object with a type."),
    "unknown_type": _("There is no such type of frame."),
    "bad_frame": _("A field of this frame is missing or has the wrong type."),
    "not_found": _("This stream does not exist, or you may not follow it."),
    "too_many_streams": _("One socket cannot follow more streams."),
    "rate_limited": _("Too many frames at once. This one was not read."),
    "not_subscribed": _("Subscribe to this stream first."),
    "unavailable": _("A part of the platform does not answer at the moment."),
}
_STREAM = re.compile(r"(?:inbox|system|[a-z_]{1,40}:[0-9a-f-]{36})\Z")
_OBJECT = re.compile(r"[\w:.-]{1,100}\Z")
LARGEST_SEQ = 2**63 - 1


@dataclass
class BadFrame(Exception):
    code: str
    extra: dict[str, Any] = field(default_factory=dict)

    def as_frame(self) -> dict[str, Any]:
        return {"type": "error", "code": self.code, "message": str(MESSAGES[self.code])} | self.extra


@dataclass(frozen=True)
class Subscribe:
    name: str
    epoch: str | None
    after: int | None


@dataclass(frozen=True)
class Said:
    """Something that the commander says in a discussion; the same `client_msg_id` is the same message."""

    name: str
    client_msg_id: UUID
    text: str


def read_frame(text: str | None) -> dict[str, Any]:
    """A frame with a `type`. Raises BadFrame."""
    try:
        frame = json.loads(text or "")
    except (ValueError, RecursionError) as error:
        raise BadFrame("bad_json") from error
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise BadFrame("bad_json")
    return frame


def read_stream(frame: dict[str, Any]) -> str:
    """The stream a frame names. Raises BadFrame."""
    name = frame.get("stream")
    if not isinstance(name, str) or not _STREAM.match(name):
        raise BadFrame("bad_frame", {"field": "stream"})
    return name


def read_subscribe(frame: dict[str, Any]) -> Subscribe:
    name, epoch, after = read_stream(frame), frame.get("epoch"), frame.get("after")
    if epoch is not None and not isinstance(epoch, str):
        raise BadFrame("bad_frame", {"field": "epoch", "stream": name})
    if after is not None and (type(after) is not int or not 0 <= after <= LARGEST_SEQ):
        raise BadFrame("bad_frame", {"field": "after", "stream": name})
    return Subscribe(name, epoch, after)


def read_said(frame: dict[str, Any]) -> Said:
    """A message for a discussion. Raises BadFrame."""
    name, text = read_stream(frame), frame.get("text")
    told = {"stream": name, "client_msg_id": frame.get("client_msg_id")}
    try:
        client_msg_id = UUID(frame.get("client_msg_id"))
    except (TypeError, ValueError, AttributeError) as error:
        raise BadFrame("bad_frame", {"field": "client_msg_id", "stream": name}) from error
    if not isinstance(text, str) or not _is_storable(text):
        raise BadFrame("bad_frame", {"field": "text"} | told)
    return Said(name, client_msg_id, text)


def read_focus(frame: dict[str, Any]) -> tuple[str, str | None]:
    """`(stream, what of it is looked at)`; None says that nothing is any more. Raises BadFrame."""
    name, focus = read_stream(frame), frame.get("focus")
    if focus is not None and (not isinstance(focus, str) or not _OBJECT.match(focus)):
        raise BadFrame("bad_frame", {"field": "focus", "stream": name})
    return name, focus


def _is_storable(text: str) -> bool:
    """Half of a surrogate pair can be put into JSON, but into no database."""
    try:
        return bool(text.encode())
    except UnicodeEncodeError:
        return False


def stream_for(name: str, user: Any) -> str:
    """The stream that the client's word means: `inbox` is one's own."""
    return f"inbox:{user.pk}" if name == "inbox" else name
