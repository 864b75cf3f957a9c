"""Headings, tags and block ids of a body."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.parsing.links import display

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_NOT_A_PARAGRAPH = re.compile(r"[ \t]*(?:[-*+>|#]|\d{1,9}[.)][ \t]|$)|    ")
_EMPHASIS = re.compile(r"\*\*|__|[*`]|~~|==")
_NOT_IN_TAG = (
    r"\s!-,.:-@\[-^`{-~"  # ASCII punctuation but - / _
    r"\u2000-\u200c\u200e-\u206f\u2e00-\u2e7f\u3001-\u3004\u3008-\u3020"
    r"\uff00-\uff0f\uff1a-\uff20\uff3b-\uff3e\uff40\uff5b-\uff65"
)
_TAG = re.compile(rf"(?:^|(?<=\s))#([^{_NOT_IN_TAG}]+)")
_WIKILINK = re.compile(r"\[\[[^\]\n]*\]\]")
_BLOCK_ID = re.compile(r"(?:^|[ \t])\^([A-Za-z0-9-]+)[ \t]*$")


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    line: int


def read_headings(lines: list[str], masked: list[str], first_line: int) -> list[Heading]:
    """Headings in order. `masked` are the same lines with code, comments and math blanked."""
    found: list[Heading] = []
    for number, (line, visible) in enumerate(zip(lines, masked, strict=True)):
        if "#" in visible and visible.strip() and (match := _ATX.match(line)) and _ATX.match(visible):
            found.append(Heading(len(match[1]), plain(match[2] or ""), first_line + number))
        elif number and _SETEXT.match(visible) and not _NOT_A_PARAGRAPH.match(masked[number - 1]):
            level = 1 if "=" in visible else 2
            found.append(Heading(level, plain(lines[number - 1]), first_line + number - 1))
    return [heading for heading in found if heading.text]


def plain(text: str) -> str:
    """A heading as its reader sees it: no markup, no block id."""
    return _EMPHASIS.sub("", display(_BLOCK_ID.sub("", text))).strip()[:500]


def read_tags(masked: str) -> list[str]:
    """Tags without `#`, as first written; equal ones in another case are the same tag."""
    if "#" not in masked:
        return []
    return unique_tags(_TAG.findall(_WIKILINK.sub(" ", masked)))


def unique_tags(tags: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for tag in tags:
        name = tag.lstrip("#").strip("/")
        if name and not name.isdigit():
            found.setdefault(name.casefold(), name[:200])
    return list(found.values())


def read_block_ids(masked: list[str], first_line: int) -> dict[str, int]:
    """Block id -> line."""
    return {
        match[1]: number
        for number, line in enumerate(masked, first_line)
        if "^" in line and (match := _BLOCK_ID.search(line))
    }
