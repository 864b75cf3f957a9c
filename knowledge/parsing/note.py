"""One note, read: what the index keeps of it."""

from dataclasses import dataclass
from typing import Any

from knowledge.parsing import frontmatter, links, passages, structure, todo
from knowledge.parsing.ignored import blank_ignored


@dataclass(frozen=True)
class ParsedNote:
    """`properties_text` is the raw frontmatter (lines 2…), whether or not it could be read."""

    properties: dict[str, Any]
    properties_error: str
    properties_text: str
    title: str
    aliases: list[str]
    tags: list[str]
    headings: list[structure.Heading]
    links: list[links.ParsedLink]
    block_ids: dict[str, int]
    todos: list[todo.Todo]
    passages: list[passages.ParsedPassage]


def parse_note(text: str) -> ParsedNote:
    """Read a note's text. Any text can be read; `title` is empty unless a property gives one."""
    text = frontmatter.clean(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    block = frontmatter.read_frontmatter(text)
    first_line = text.count("\n", 0, block.end) + 1
    body = text[block.end :]
    masked = blank_ignored(body)
    lines, visible = body.split("\n"), masked.split("\n")
    headings = structure.read_headings(lines, visible, first_line)
    own_tags = frontmatter.strings(block.values, "tags", "tag")
    return ParsedNote(
        properties=block.values,
        properties_error=block.error,
        properties_text=block.raw,
        title=_title(block.values),
        aliases=frontmatter.strings(block.values, "aliases", "alias"),
        tags=structure.unique_tags([*_split_blanks(own_tags), *structure.read_tags(masked)]),
        headings=headings,
        links=links.read_property_links(block.raw) + links.read_links(masked, first_line),
        block_ids=structure.read_block_ids(visible, first_line),
        todos=todo.read_todos(lines, visible, first_line),
        passages=passages.cut_passages(lines, headings, first_line),
    )


def _title(values: dict[str, Any]) -> str:
    value = next((item for key, item in values.items() if key.casefold() == "title"), "")
    return " ".join(value.split())[:300] if isinstance(value, str) else ""


def _split_blanks(tags: list[str]) -> list[str]:
    return [word for tag in tags for word in tag.split()]
