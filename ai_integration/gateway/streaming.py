"""Telling an answer while it is still being written: the characters of one field of the JSON that is coming in."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# No reader sees it, and a model that says a thousand tokens a second does not flood the sockets.
PAUSE_SECONDS = 0.01

_PLAIN = re.compile(r'[^"\\]+')
_ESCAPES = {
    '"': '"',
    "\\": "\\",
    "/": "/",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
}


@dataclass(frozen=True)
class Delta:
    """`text` stands at `offset` (in characters) of the field. Offset 0 begins anew: what came before is void."""

    offset: int
    text: str


class StringField:
    """Reads JSON as it comes and gives out the decoded characters of one string field of the outermost object.

    What comes before the first brace is passed over. JSON that is broken gives nothing, or less than there is;
    whoever shows the characters gets the finished answer afterwards. Every character is looked at once.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._rest = ""
        self._depth = 0
        self._key = ""
        self._string = ""  # what the string means that we are in: nothing, key, value, or other
        self._expects_key = False
        self._over = False

    def feed(self, piece: str) -> str:
        """The characters of the field that `piece` completes."""
        if self._over:
            return ""
        given, at = self._rest + piece, 0
        found: list[str] = []
        while not self._over and at < len(given):
            taken, text = self._inside(given, at) if self._string else self._between(given[at])
            if not taken:
                break
            at += taken
            found.append(text)
        self._rest = given[at:]
        return "".join(found)

    def _between(self, char: str) -> tuple[int, str]:
        """Pass over one character outside of strings."""
        if self._depth and char == '"':
            self._string = self._meaning()
        elif char == "{" or (self._depth and char == "["):
            self._depth += 1
            self._expects_key = self._depth == 1
        elif self._depth and char in "}]":
            self._depth -= 1
            self._over = self._depth == 0
        elif self._depth == 1 and char == ",":
            self._expects_key = True
        return 1, ""

    def _meaning(self) -> str:
        if self._depth == 1 and self._expects_key:
            self._key, self._expects_key = "", False
            return "key"
        return "value" if self._depth == 1 and self._key == self._name else "other"

    def _inside(self, given: str, at: int) -> tuple[int, str]:
        """`(length, characters to tell)` of what comes next in a string; length 0 while it is not whole."""
        if given[at] == '"':
            self._over = self._string == "value"
            self._string = ""
            return 1, ""
        plain = _PLAIN.match(given, at)
        taken, text = (plain.end() - at, plain[0]) if plain else _escape(given[at : at + 12])
        if self._string == "key":
            self._key = (self._key + text)[:100]
        return taken, text if self._string == "value" else ""


def _escape(text: str) -> tuple[int, str]:
    """`(length, character)` of the escape at the start of `text`; length 0 while it is not whole."""
    if len(text) < 2:
        return 0, ""
    if text[1] != "u":
        return 2, _ESCAPES.get(text[1], "")
    first = _unit(text)
    if first is None:
        return 0, ""
    if not 0xD800 <= first <= 0xDBFF:
        return 6, chr(first) if not 0xDC00 <= first <= 0xDFFF else "\ufffd"
    if len(text) < 12 and "\\u".startswith(text[6:8]):
        return 0, ""
    second = _unit(text[6:]) if text[6:8] == "\\u" else None
    if second is None or not 0xDC00 <= second <= 0xDFFF:
        return 6, "\ufffd"
    return 12, chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))


def _unit(text: str) -> int | None:
    digits = text[2:6]
    if len(digits) < 4:
        return None
    try:
        return int(digits, 16)
    except ValueError:
        return 0xFFFD


@dataclass
class Growing:
    """One answer that grows: gathers what comes in quick succession and tells it as Deltas. Lives on the gateway's loop."""

    name: str
    tell: Callable[[Delta], None]
    _field: StringField = field(init=False)
    _waiting: str = ""
    _told: int = 0
    _last: float = 0.0
    _later: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """An answer begins, or begins again after a failure."""
        self._stop_waiting()
        self._field, self._waiting, self._told = StringField(self.name), "", 0

    def more(self, piece: str) -> None:
        self._waiting += self._field.feed(piece)
        rest = self._last + PAUSE_SECONDS - time.monotonic()
        if rest <= 0:
            self.flush()
        elif self._waiting and self._later is None:
            self._later = asyncio.get_running_loop().call_later(rest, self.flush)

    def flush(self) -> None:
        self._stop_waiting()
        if self._waiting:
            self.tell(Delta(self._told, self._waiting))
            self._told += len(self._waiting)
            self._waiting, self._last = "", time.monotonic()

    def end(self) -> None:
        """Nothing more is told: a later try has the word."""
        self._stop_waiting()
        self._waiting = ""

    def _stop_waiting(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
