"""Passages cut into units that can be quoted: sentences, list items, table rows, tasks, properties.

A unit is a span of its passage, so that what is quoted stands there word for word. One pass over the lines,
no backtracking: the time is linear in the length of the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from ai_integration.builtin import display, text
from ai_integration.jobs import Passage

Kind = Literal["sentence", "item", "step", "task", "row", "property", "heading"]
MAX_UNITS = 4_000
LONG = 360
HEAD = 4_000
_KEY = re.compile(r"^[A-Za-z_぀-ヿ一-鿿][\w぀-ヿ一-鿿 -]{0,40}:(?: |$)")
_UNDER_KEY = re.compile(r"^(?:\s+\S|- )")

_FENCE = re.compile(r"^[\s>]*(```|~~~)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(\S.*?)\s*#*\s*$")
_ITEM = re.compile(
    r"^(?P<indent>[\s>]*)(?:(?P<dot>[-*+•・])|(?P<number>\d{1,3}[.)．]))(?:[ \t\u3000]+|(?<=・))(?P<task>\[(?P<mark>.)\][ \t]+)?(?=\S)"
)
_QUOTE = re.compile(r"^\s*>+[ \t]?")
_CALLOUT = re.compile(r"^\[!\w+\][+-]?\s*")
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$|^\s*\|?[\s:|-]+\|[\s:|-]*$")
# 日時: … 　場所: … 　書記: … on one line are fields of their own.
_FIELDS = re.compile(
    r"(?:^|[\u3000／|]\s*|\s{2,}| / )(?P<key>[^\s:：、。|]{1,12})[:：]\s*(?P<value>[^\u3000／|]*?)(?=[\u3000／|]|\s{2,}| / |$)"
)
_PROPERTY = re.compile(r"^(?P<key>[A-Za-z_぀-ヿ一-鿿][\w ぀-ヿ一-鿿-]{0,40})::?(?:[ \t]+|$)(?P<value>.*)$")
_EMBED = re.compile(r"^\s*!\[\[[^\]]*\]\]\s*$|^\s*!\[[^\]]*\]\([^)]*\)\s*$|^\s*<[^>]{1,500}>\s*$")
_ENDS = re.compile(r"[。！？!?]+[」』）)”\"'*]*|\.[)”\"'’\]*]*(?=\s)")
_QUOTED_ON = re.compile(r"[とがはをにでのもって、]")
LONGEST_QUOTED = 120
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|No|vs|etc|e\.g|i\.e|Inc|Ltd|Co|Jr|Sr|approx|Fig|cf|al))\.$"
)
_JAPANESE_END = re.compile(rf"[{text.CJK}」』）)。]\s*$")


@dataclass(frozen=True, slots=True)
class Unit:
    """A span of a passage. `intro` is the sentence that introduces the list or table it stands in."""

    passage: Passage
    start: int
    end: int
    kind: Kind
    section: str = ""
    paragraph: int = 0
    columns: tuple[str, ...] = ()
    done: bool = False
    intro: str = ""

    @property
    def quote(self) -> str:
        return self.passage.text[self.start : self.end]


@dataclass
class _Cutter:
    passage: Passage
    units: list[Unit] = field(default_factory=list)
    sections: str = ""
    paragraph: int = 0
    columns: tuple[str, ...] = ()
    open_start: int = -1
    open_end: int = -1
    open_kind: Kind = "sentence"
    open_done: bool = False
    intro: str = ""

    def add(self, start: int, end: int, kind: Kind, *, done: bool = False) -> None:
        raw = self.passage.text[start:end]
        start += len(raw) - len(raw.lstrip())
        end -= len(raw) - len(raw.rstrip())
        if end > start and len(self.units) < MAX_UNITS:
            listed = kind in {"item", "step", "task", "row"}
            intro = self.intro if listed else ""
            self.units.append(
                Unit(
                    self.passage,
                    start,
                    end,
                    kind,
                    self.sections,
                    self.paragraph,
                    self.columns if kind == "row" else (),
                    done,
                    intro,
                )
            )

    def flush(self) -> None:
        """Close the open paragraph or list item."""
        if self.open_start < 0:
            return
        start, end, kind = self.open_start, self.open_end, self.open_kind
        self.open_start = -1
        if kind == "sentence" or end - start > LONG:
            for left, right in _sentences(self.passage.text, start, end):
                self.add(left, right, kind, done=self.open_done)
        else:
            self.add(start, end, kind, done=self.open_done)
        if kind == "sentence":
            last = self.units[-1].quote if self.units else ""
            self.intro = last if last.endswith((":", "：", "。", "?")) else ""

    def begin(self, start: int, end: int, kind: Kind, *, done: bool = False) -> None:
        self.flush()
        self.open_start, self.open_end, self.open_kind, self.open_done = start, end, kind, done

    def pause(self) -> None:
        self.flush()
        self.paragraph += 1


def cut(passage: Passage) -> list[Unit]:
    """The quotable units of one passage, in the order of the text. Code, embeds and rules are left out."""
    cutter = _Cutter(passage)
    fenced = False
    fence_first = passage.text.startswith(("---\n", "---\r\n"))
    front = fence_first or _is_all_properties(passage.text)
    for number, (start, end) in enumerate(_lines(passage.text)):
        line = passage.text[start:end]
        if _FENCE.match(line):
            cutter.pause()
            fenced = not fenced
        elif front:
            front = _front_line(cutter, line, start, end, first=fence_first and number == 0)
        elif not fenced:
            _line(cutter, line, start, end)
    cutter.flush()
    return cutter.units


def _is_all_properties(content: str) -> bool:
    """Whether this is a note's frontmatter without its fences: every line is a key or belongs to the one above."""
    lines = [line for line in content[:HEAD].splitlines() if line.strip()]
    return (
        bool(lines)
        and all(_KEY.match(line) or _UNDER_KEY.match(line) for line in lines)
        and bool(_KEY.match(lines[0]))
    )


def spanning(unit: Unit, start: int, end: int) -> Unit:
    """The same kind of unit over another span of its passage."""
    return replace(unit, start=start, end=end)


def _lines(content: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in content.splitlines(keepends=True):
        yield start, start + len(line.rstrip("\r\n"))
        start += len(line)


def _front_line(cutter: _Cutter, line: str, start: int, end: int, *, first: bool) -> bool:
    """Read one line of the frontmatter; whether it goes on."""
    if first:
        return True
    if line.strip() in {"---", "..."}:
        cutter.pause()
        return False
    if _PROPERTY.match(line):
        cutter.begin(start, end, "property")
    elif cutter.open_start >= 0:
        cutter.open_end = end
    return True


def _line(cutter: _Cutter, line: str, start: int, end: int) -> None:
    heading = _HEADING.match(line)
    if not line.strip() or _EMBED.match(line) or line.lstrip().startswith("%%"):
        cutter.pause()
        cutter.columns = () if "|" not in line else cutter.columns
    elif heading:
        cutter.pause()
        cutter.sections, cutter.intro = heading[1], ""
        cutter.add(start + heading.start(1), start + heading.end(1), "heading")
    elif _RULE.match(line):
        cutter.flush()
    elif line.lstrip().startswith("|") or line.count("|") >= 2:
        _row(cutter, line, start, end)
    else:
        _prose(cutter, line, start, end)


def _row(cutter: _Cutter, line: str, start: int, end: int) -> None:
    cutter.flush()
    cells = tuple(display.cells(line))
    if cutter.columns:
        cutter.add(start, end, "row")
    else:
        cutter.columns = cells


def _fields(cutter: _Cutter, line: str, start: int) -> bool:
    """Several fields on one line, each for itself; whether the line is such a one."""
    found = list(_FIELDS.finditer(line))
    if len(found) < 2 or found[0].start() > 0 or found[-1].end() < len(line.rstrip()):
        return False
    cutter.flush()
    for field_ in found:
        cutter.add(start + field_.start("key"), start + field_.end("value"), "property")
    return True


def _prose(cutter: _Cutter, line: str, start: int, end: int) -> None:
    cutter.columns = ()
    if line[:1] not in "-*+>#0123456789 \t" and _fields(cutter, line, start):
        return
    item = _ITEM.match(line)
    if item:
        kind: Kind = "task" if item["task"] else ("step" if item["number"] else "item")
        cutter.begin(start + item.end(), end, kind, done=(item["mark"] or " ") in "xX-")
        return
    quoted = _QUOTE.match(line)
    if quoted:
        callout = _CALLOUT.match(line[quoted.end() :])
        cutter.begin(start + quoted.end() + (callout.end() if callout else 0), end, "sentence")
    elif cutter.open_start >= 0 and not _stands_apart(cutter, line):
        cutter.open_end = end
    else:
        cutter.begin(start, end, "property" if "::" in line and _PROPERTY.match(line) else "sentence")


def _stands_apart(cutter: _Cutter, line: str) -> bool:
    """Whether a line begins something new: Japanese notes put one statement a line, English ones wrap."""
    before = cutter.passage.text[cutter.open_start : cutter.open_end]
    if cutter.open_kind in {"item", "step", "task"}:
        return not line.startswith((" ", "\t", "\u3000"))
    last = before[before.rfind("\n") + 1 :]
    return (bool(_JAPANESE_END.search(last)) and len(last) < 60) or cutter.open_kind == "property"


def _sentences(content: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentences of a span; one without an end is cut every LONG characters, at a space where there is one."""
    left = start
    for found in _ENDS.finditer(content, start, end):
        right = found.end()
        if right < end and not _is_end(content, left, found):
            continue
        yield from _pieces(content, left, right)
        left = right
    yield from _pieces(content, left, end)


def _is_end(content: str, left: int, found: re.Match[str]) -> bool:
    if _is_quoted(content[left : found.end()]):
        return False
    closed = found[0][-1] in "」』）)”\"'"
    if closed and _QUOTED_ON.match(content, found.end()):
        return False
    if not found[0].startswith("."):
        return closed or content[found.end()] not in "」』）)"
    return not _ABBREVIATION.search(content, max(left, found.start() - 12), found.start() + 1)


def _is_quoted(said: str) -> bool:
    """Whether a quotation is open at the end of a text; one that is never closed ends with the sentence."""
    return said.count("「") > said.count("」") and len(said) - said.rfind("「") < LONGEST_QUOTED


def _pieces(content: str, left: int, right: int) -> Iterator[tuple[int, int]]:
    while right - left > LONG:
        space = content.rfind(" ", left + LONG // 2, left + LONG)
        middle = space if space > 0 else left + LONG
        yield left, middle
        left = middle
    if right > left:
        yield left, right
