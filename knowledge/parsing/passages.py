"""Cutting a body into passages: pieces small enough to be quoted, that still know where they stand.

A passage is a run of whole lines of one section, so that line n of its text is line `line + n` of the file. Only a
single line longer than the limit is cut inside, at the ends of its sentences.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from knowledge.parsing.structure import Heading

MAX_CHARS = 800
GOOD_CHARS = 400
"""From this size on a passage ends with its paragraph."""

_SENTENCE_END = re.compile(r"[。．！？!?]+[」』）)\]]*|\.(?=\s)|、|\s")
_WORD = re.compile(r"\w")
_SEPARATOR = " > "


@dataclass(frozen=True)
class ParsedPassage:
    heading: str
    line: int
    text: str


@dataclass(frozen=True)
class _Piece:
    line: int
    text: str
    ends_block: bool
    joins: bool = True
    """False for a part of a cut line: it has to stay alone, or line numbers would no longer be true."""


def cut_passages(lines: list[str], headings: list[Heading], first_line: int) -> list[ParsedPassage]:
    """The passages of a body. Sections without a word yield none; a heading with nothing below it yields itself."""
    found: list[ParsedPassage] = []
    for ancestry, start, end in _sections(headings, first_line, first_line + len(lines)):
        section = lines[start - first_line : end - first_line]
        found += [ParsedPassage(ancestry, line, text) for line, text in _packed(_pieces(section, start))]
    return found


def _sections(headings: list[Heading], first: int, end: int) -> Iterator[tuple[str, int, int]]:
    """(ancestry, first line, line behind the last). Every line of the body is in exactly one section."""
    yield "", first, headings[0].line if headings else end
    trail: list[Heading] = []
    for heading, next_line in pairwise([*headings, None]):
        assert heading is not None
        trail = [*(above for above in trail if above.level < heading.level), heading]
        yield (
            _SEPARATOR.join(above.text for above in trail),
            heading.line,
            next_line.line if next_line else end,
        )


def _pieces(lines: list[str], start: int) -> Iterator[_Piece]:
    for offset, line in enumerate(lines):
        following = lines[offset + 1] if offset + 1 < len(lines) else ""
        if len(line) <= MAX_CHARS:
            yield _Piece(start + offset, line, not following.strip())
        else:
            yield from (_Piece(start + offset, part, True, joins=False) for part in _cut_line(line))


def _cut_line(line: str) -> Iterator[str]:
    position = 0
    while len(line) - position > MAX_CHARS:
        window = line[position : position + MAX_CHARS]
        ends = [match.end() for match in _SENTENCE_END.finditer(window) if match.end() > MAX_CHARS // 3]
        strong = [end for end in ends if window[end - 1] not in "、 \t\u3000"]
        cut = (strong or ends or [MAX_CHARS])[-1]
        yield line[position : position + cut]
        position += cut
    yield line[position:]


def _packed(pieces: Iterator[_Piece]) -> Iterator[tuple[int, str]]:
    held: list[_Piece] = []
    size = 0
    for piece in pieces:
        if held and (size + len(piece.text) > MAX_CHARS or not piece.joins or not held[-1].joins):
            yield from _finished(held)
            held, size = [], 0
        held.append(piece)
        size += len(piece.text) + 1
        if size >= GOOD_CHARS and piece.ends_block:
            yield from _finished(held)
            held, size = [], 0
    yield from _finished(held)


def _finished(pieces: list[_Piece]) -> Iterator[tuple[int, str]]:
    """The passage without blank lines at its ends; nothing when it holds no word."""
    kept = pieces[:]
    while kept and not kept[0].text.strip():
        del kept[0]
    text = "\n".join(piece.text for piece in kept).rstrip()
    if kept and _WORD.search(text):
        yield kept[0].line, text
