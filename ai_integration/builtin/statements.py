"""Passages read as statements: each quotable unit with its surroundings and how well it reads as a quotation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ai_integration.builtin import answers, display, text, units
from ai_integration.builtin.text import Reading
from ai_integration.builtin.units import Unit
from ai_integration.jobs import Passage

PASSAGES_KEPT = 128
# A link in brackets points elsewhere; the statement is not about what it names.
_ASIDE = re.compile(
    r"(?:→|⇒|->)\s*\[\[[^\[\]]{1,200}\]\](?:\s*[・、,／/と]\s*\[\[[^\[\]]{1,200}\]\]){0,20}|"
    r"[（(]\s*(?:→|see |詳細は|参照：?)?\s*\[\[[^\[\]]{1,200}\]\][^）)\n]{0,20}[）)]"
)
_TARGET = re.compile(r"\[\[([^\[\]|#\n]{1,200})")
_TEMPLATE = re.compile(r"\{\{[^}]*\}\}|<%[^%]*%>")
_TEMPLATE_NOTE = re.compile(r"template|テンプレート|雛形|ひな形", re.IGNORECASE)
_ASKING = re.compile(r"[?？]\s*[」”\"')]*$")
_POINTER = re.compile(
    r"\bsee (?:also )?\[\[|^\s*see \S|→\s*\[\[|を?参照[。）)]?$|\]\]\s?を(?:見る|ご覧)", re.IGNORECASE
)
_CODE_LIKE = re.compile(r"[{}$;=]{2,}|=>|\(\)|</|\bfunction\b.*\(|^\s*`[^`]+`\s*$")
_BOILERPLATE = re.compile(
    r"^(?:お世話になって|よろしくお願い|お疲れ|以上[。、]?$|敬具|拝啓|記$|thanks?\b|best regards|kind regards|click here|subscribe|sign up|all rights reserved|copyright|read more|share this|table of contents|目次|etc[.…]*$|など[。]?$)",
    re.IGNORECASE,
)


class Context:
    """What surrounds the units of one passage, read once. `about` is what the note's frontmatter says."""

    def __init__(self, passage: Passage) -> None:
        self.note = passage.note
        self.head = passage.line <= 2
        self.title = Reading(title_of(passage))
        self.folder = Reading(passage.note.rpartition("/")[0])
        self.whole = Reading(passage.text)
        self.heading = Reading(passage.heading)
        targets = dict.fromkeys(_TARGET.findall(passage.text))
        self.points_to = Reading(" ".join(targets)) if len(targets) == 1 else None
        self.template = bool(_TEMPLATE_NOTE.search(passage.note) or _TEMPLATE.search(passage.text[:2_000]))
        self.date = dated(passage)


@dataclass
class Statement:
    """A unit with everything that can be read of it without knowing the question."""

    unit: Unit
    context: Context
    reading: Reading
    before: Reading | None
    paragraph: Reading | None

    @cached_property
    def section(self) -> Reading:
        return Reading(self.unit.section) if self.unit.section else self.context.heading

    @cached_property
    def intro(self) -> Reading:
        return Reading(f"{self.unit.intro} {' '.join(self.unit.columns)}")

    @cached_property
    def heading(self) -> str:
        return f"{self.unit.passage.heading} {self.unit.section}".strip()

    @cached_property
    def quality(self) -> float:
        """How readable a unit is as a quotation, 0 (never) to 1."""
        return _quality(self)


@lru_cache(maxsize=PASSAGES_KEPT)
def statements(passage: Passage) -> tuple[Statement, ...]:
    """Everything a passage states. Kept, because the items of a plan are given the same passages again and again."""
    return read_units(passage, units.cut(passage))


def read_units(passage: Passage, cut: Sequence[Unit]) -> tuple[Statement, ...]:
    """The given units of a passage as statements."""
    context, before = Context(passage), None
    opener: tuple[int, Reading] | None = None
    found = []
    for unit in cut:
        reading = Reading(_ASIDE.sub("", unit.quote))
        opens = opener is None or opener[0] != unit.paragraph
        opener = (unit.paragraph, reading) if opens else opener
        paragraph = None if opens or opener is None else opener[1]
        found.append(Statement(unit, context, reading, before, paragraph))
        before = reading
    return tuple(found)


def title_of(passage: Passage) -> str:
    """The note's title as a reader knows it."""
    return passage.title or passage.note.rsplit("/", 1)[-1].removesuffix(".md")


def last_heading(heading: str) -> str:
    """The innermost of headings that are given with those above them."""
    return re.split(r"\s[>›]\s", heading)[-1].strip()


def dated(passage: Passage) -> str:
    """The date in the note's path, title or heading, as YYYY-MM-DD, or nothing."""
    return answers.latest_date(f"{passage.note} {passage.title} {passage.heading}")


def _quality(candidate: Statement) -> float:
    quote, kind = candidate.unit.quote, candidate.unit.kind
    if not display.has_substance(quote) or _TEMPLATE.search(quote) or candidate.context.template:
        return 0.0
    plain = display.shown(quote)
    if kind == "heading":
        return 0.5 if text.days_in(text.fold(plain)) else 0.0
    if kind == "property":
        value = re.split("[:：]", quote, maxsplit=1)[-1].strip(" \n-[]\"'")
        return (0.6 if candidate.context.head else 0.9) if value else 0.0
    if len(plain) < 2 or _BOILERPLATE.match(plain) or _CODE_LIKE.search(plain):
        return 0.0
    value = _length_quality(plain, kind)
    if _POINTER.search(quote):
        value *= 0.5
    if plain.endswith((":", "：")):
        value *= 0.6
    if _ASKING.search(plain) and kind in {"sentence", "task"}:
        value *= 0.5
    if (
        not answers.answers("amount", plain)
        and len(plain) > 40
        and sum(char.isalnum() for char in plain) < len(plain) * 0.5
    ):
        value *= 0.5
    return value


def _length_quality(plain: str, kind: str) -> float:
    length = len(plain) * (2 if text.is_japanese(plain) else 1)
    if kind == "sentence":
        return 0.35 if length < 18 else 0.85 if length < 30 else 1.0
    return 0.8 if length < 12 else 1.0
