"""Links of a note to other notes: [[wikilinks]], ![[embeds]] and relative [Markdown](links)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

_WIKI = re.compile(r"(!?)\[\[([^\[\]\n]+)\]\]")
_MARKDOWN = re.compile(
    r"(!?)\[([^\[\]\n]*)\]\((<[^<>\n]+>|[^\s()<>]+(?:\([^\s()]*\)[^\s()]*)*)(?:[ \t]+\"[^\"\n]*\")?\)"
)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
_PIPE = re.compile(r"\\?\|")  # inside a table the pipe is written \|


@dataclass(frozen=True)
class ParsedLink:
    """`target` as written without heading or block; empty means this same note."""

    target: str
    heading: str
    block: str
    alias: str
    embed: bool
    line: int
    from_property: bool = False


def read_links(masked: str, first_line: int) -> list[ParsedLink]:
    """Links in a body whose ignored parts are blank; `first_line` is the line number of its first line."""
    found: list[ParsedLink] = []
    for number, line in enumerate(masked.split("\n"), first_line):
        if "](" in line or "[[" in line:
            found += _wiki(line, number)
            found += _markdown(line, number)
    return found


def read_property_links(raw: str) -> list[ParsedLink]:
    """Links in the raw lines of the frontmatter, which start at line 2 of the file."""
    return [
        link
        for number, line in enumerate(raw.split("\n"), 2)
        if "[[" in line
        for link in _wiki(line, number, from_property=True)
    ]


def display(text: str) -> str:
    """The text with every wikilink replaced by what a reader sees of it."""
    return _WIKI.sub(lambda match: _PIPE.split(match[2], maxsplit=1)[-1].strip(), text)


def _wiki(line: str, number: int, *, from_property: bool = False) -> Iterator[ParsedLink]:
    for bang, inner in _WIKI.findall(line):
        address, *alias = _PIPE.split(inner, maxsplit=1)
        yield _link(address, alias[0] if alias else "", bool(bang), number, from_property)


def _markdown(line: str, number: int) -> Iterator[ParsedLink]:
    for bang, label, address in _MARKDOWN.findall(line):
        bare = address.strip("<>")
        if not _SCHEME.match(bare):
            yield _link(unquote(bare), label, bool(bang), number, False)


def _link(address: str, alias: str, embed: bool, line: int, from_property: bool) -> ParsedLink:
    target, _, place = address.partition("#")
    heading, block = ("", place[1:]) if place.startswith("^") else (place, "")
    return ParsedLink(
        target.strip(), heading.strip(), block.strip(), alias.strip(), embed, line, from_property
    )
