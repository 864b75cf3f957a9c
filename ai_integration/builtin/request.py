"""What a requirement asks: the subject, the things compared, the aspects and questions named.

The reading is by surface grammar and never fails: what it cannot take apart stays one subject.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ai_integration.builtin import request_en, request_ja, text, todo, vocabulary

READ_LIMIT = 20_000
LEAD_LIMIT = 2_000
POINT_LIMIT = 160
TOPIC_LIMIT = 80
MAX_POINTS = 200

_BULLET = re.compile(
    r"^\s*(?:[-*+•・●○■□◆▪‣]|\d{1,3}[.)．、：:]|[（(]\d{1,3}[)）]|[①-⑳]|[a-z][.)])\s*(?:\[.\]\s*)?(\S.*)$"
)
# 「次の2点を調べて。1. 価格 2. 納期」
_NUMBERED = re.compile(r"(?:^|[\s。：:])[1１①][.．)）、]?\s*\D[^\n]*?[\s。、,][2２②][.．)）、]?\s*\D")
_INLINE = re.compile(r"(?:(?<=[\s。：:、,])|^)(?=[1-9１-９①-⑨][.．)）]\s*[^\d\s])")
# 「新製品の①価格②納期を調べて」: circles need nothing between them, and what follows the last point asks for all of them.
_CIRCLED = re.compile(rf"①(?=[^①-⑳\n]*[{text.KANJI}{text.KATAKANA}A-Za-z])[^①-⑳\n]+②")
_CIRCLE = re.compile(r"[、,・と]?(?=[①-⑳])")
_ASKING = re.compile(r"[?？。]|(?:です|ます|でした|ました)か$|いくら|どう(?:です|でし|なる|なっ|か$)")
_NAME = re.compile(r"\[\[([^\[\]|#]{1,100})[^\[\]]{0,100}\]\]|[「『“\"]([^「」『』“”\"\n]{2,100})[」』”\"]")
_INVISIBLE = re.compile(r"[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_PLACEHOLDER = re.compile(r"[\ue000-\uf8ff]")
_FIRST_PLACEHOLDER = 0xE000


@dataclass(frozen=True)
class Request:
    """A requirement, taken apart. `topic` may be empty; `points` are listed lines or separate questions;
    `asking` says that it only asks and wants nothing made."""

    text: str
    japanese: bool
    topic: str = ""
    things: tuple[str, ...] = ()
    aspects: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    asking: bool = False

    @property
    def subject(self) -> str:
        """The words that every answer must be about."""
        return self.topic or " ".join(self.things)


def parse(requirement: str, names: Iterable[str] = ()) -> Request:
    """Read a requirement. `names` are titles known to exist; where one occurs it is kept in one piece."""
    clean = _INVISIBLE.sub(" ", _PLACEHOLDER.sub(" ", requirement[:READ_LIMIT])).replace("\r", "\n")
    if todo.is_asked(clean):
        return Request(text=clean, japanese=text.is_japanese(clean))
    lead, points = _split_points(clean)
    guarded, kept = _guard(lead[:LEAD_LIMIT], names)
    japanese = text.is_japanese(lead or clean)
    reader = request_ja if japanese else request_en
    reading = reader.read(guarded)
    request = Request(
        text=text.clip(clean, LEAD_LIMIT),
        japanese=japanese,
        topic=_speaking(_restore(reading.topic, kept)),
        things=tuple(_restore(thing, kept)[:TOPIC_LIMIT] for thing in reading.things),
        aspects=tuple(_restore(aspect, kept)[:POINT_LIMIT] for aspect in reading.aspects),
        names=tuple(dict.fromkeys(kept)),
        asking=reading.asking,
        points=points or tuple(_restore(point, kept)[:POINT_LIMIT] for point in reading.questions),
    )
    return _settle(request, reading.comparing)


def _split_points(clean: str) -> tuple[str, tuple[str, ...]]:
    lead: list[str] = []
    points: list[str] = []
    for line in _lines(clean):
        bullet = _BULLET.match(line)
        if bullet and len(points) < MAX_POINTS:
            points.append(text.clip(bullet[1], POINT_LIMIT))
        elif line.strip() and not bullet:
            lead.append(line.strip())
    if len(points) == 1:
        return "\n".join([*lead, points[0]]), ()
    return "\n".join(lead), tuple(dict.fromkeys(points))


def _lines(clean: str) -> list[str]:
    """The lines, with points that stand behind each other on one line put on lines of their own."""
    if not _CIRCLED.search(clean):
        return (_INLINE.sub("\n", clean) if _NUMBERED.search(clean) else clean).splitlines()
    lines: list[str] = []
    for line in clean.splitlines():
        parts = [part for part in _CIRCLE.split(line) if part.strip()] if _CIRCLED.search(line) else [line]
        lines += [
            *(part.rstrip("の ") for part in parts[:-1]),
            request_ja.asked_for(parts[-1]) if len(parts) > 1 else parts[-1],
        ]
    return lines


def _guard(lead: str, names: Iterable[str]) -> tuple[str, list[str]]:
    """Swap names for single private characters, so that no grammar cuts through them."""
    kept: list[str] = []

    def keep(name: str) -> str:
        kept.append(name.strip())
        return chr(_FIRST_PLACEHOLDER + len(kept) - 1)

    guarded = _NAME.sub(lambda found: keep(found[1] or found[2]), lead)
    for name in sorted(set(names), key=lambda name: (-len(name), name)):
        if len(kept) < 500 and _is_distinct(name):
            guarded = re.sub(_bounded(name), lambda found: keep(found[0]), guarded, flags=re.IGNORECASE)
    return guarded, kept


def _is_distinct(name: str) -> bool:
    return len(name) >= 4 and (" " in name.strip() or not name.isascii()) and len(name) <= 100


def _bounded(name: str) -> str:
    escaped = re.escape(name)
    return rf"\b{escaped}\b" if name[0].isascii() and name[-1].isascii() else escaped


def _restore(reading: str, kept: list[str]) -> str:
    def name(found: re.Match[str]) -> str:
        number = ord(found[0]) - _FIRST_PLACEHOLDER
        return kept[number] if number < len(kept) else ""

    return _PLACEHOLDER.sub(name, reading)


def _speaking(topic: str) -> str:
    """The topic, or nothing where it is only words of asking (「調べて」) or no words at all."""
    return topic[:TOPIC_LIMIT].strip() if vocabulary.content_terms(topic) else ""


def _settle(request: Request, comparing: bool) -> Request:
    """A list under "compare these" names things; otherwise every listed line is a point of its own."""
    short = all(len(point) <= 40 and not _ASKING.search(point) for point in request.points)
    if comparing and not request.things and len(request.points) >= 2 and short:
        return replace(request, topic="", things=request.points, points=())
    if request.things and request.topic in request.things:
        return replace(request, topic="")
    return request
