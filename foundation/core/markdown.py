"""Markdown by anybody, as HTML that does nothing: no markup of its own, no pictures, nothing fetched from elsewhere.

Wikilinks and footnotes lead where the caller says. With `lines` every source line carries an anchor (`L12`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import nh3
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from foundation.core.source_lines import anchor_lines

LARGEST = 300_000  # characters; anything longer is shown as it is
WIKILINK = re.compile(r"!?\[\[([^\[\]|#\n]*)(?:#([^\[\]|\n]*))?(?:\|([^\[\]\n]*))?\]\]")
FOOTNOTE = re.compile(r"\[\^([0-9A-Za-z_-]{1,40})\]")
DEFINITION = re.compile(r"\[\^([0-9A-Za-z_-]{1,40})\]: ")
FRONTMATTER = re.compile(r"\A---[ \t]*\n.*?^---[ \t]*$\n?", re.DOTALL | re.MULTILINE)
OUTSIDE = ("http", "https", "mailto")

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "q", "s",
    "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"*": {"class", "id"}, "a": {"href", "title"}, "ol": {"start"}, "li": {"value"}}

type Resolve = Callable[[str, str], str]
"""`resolve(note, heading)`: the address of the note that a wikilink names, or an empty string."""


def nowhere(_note: str, _heading: str) -> str:
    return ""


@dataclass(frozen=True)
class Reading:
    """How one text is shown. `footnotes` maps a footnote's label to what is shown for it."""

    resolve: Resolve = nowhere
    footnotes: Mapping[str, SafeString] = field(default_factory=dict)
    lines: bool = False
    first_line: int = 1


def render(text: str, reading: Reading | None = None) -> SafeString:
    reading = reading or Reading()
    if len(text) > LARGEST:
        return mark_safe(f"<pre>{escape(text)}</pre>")  # noqa: S308 - escaped
    parser = _parser()
    env: dict[str, Any] = {"reading": reading, "marks": {}}
    tokens = parser.parse(text, env)
    for token in tokens:
        _mend(token, reading)
    if reading.lines:
        anchor_lines(tokens, reading.first_line)
    html = parser.renderer.render(tokens, parser.options, env)
    return mark_safe(clean(html))  # noqa: S308 - cleaned


def clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={*OUTSIDE, "obsidian"},
        link_rel="noopener noreferrer nofollow",
    )


def body(markdown: str) -> str:
    """The text without its properties."""
    return FRONTMATTER.sub("", markdown, count=1)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("link", "wikilink", _wikilink)
    parser.inline.ruler.before("link", "footnote", _footnote)
    parser.block.ruler.before("reference", "footnotes", _footnotes, {"alt": ["paragraph"]})
    parser.add_render_rule("image", _image)
    parser.add_render_rule("footnotes", _footnote_list)
    return parser


def _wikilink(state: StateInline, silent: bool) -> bool:
    found = WIKILINK.match(state.src, state.pos)
    if not found or not any(found.groups()):
        return False
    if not silent:
        note, heading = (found[1] or "").strip(), (found[2] or "").strip()
        shown = (found[3] or note or heading).strip()
        target = state.env["reading"].resolve(note, heading)
        opened = f'<a class="wiki" href="{escape(target)}">' if target else '<span class="missing">'
        _html(state, f"{opened}{escape(shown)}{'</a>' if target else '</span>'}")
    state.pos = found.end()
    return True


def _footnote(state: StateInline, silent: bool) -> bool:
    found = FOOTNOTE.match(state.src, state.pos)
    if not found or found[1] not in state.env["reading"].footnotes:
        return False
    if not silent:
        label, marks = found[1], state.env["marks"]
        marks[label] = marks.get(label, 0) + 1
        name = f"ref-{label}" + (f"-{marks[label]}" if marks[label] > 1 else "")
        _html(state, f'<sup class="fn"><a href="#fn-{label}" id="{name}">{label}</a></sup>')
    state.pos = found.end()
    return True


def _html(state: StateInline, html: str) -> None:
    token = state.push("html_inline", "", 0)
    token.content = html


def _footnotes(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Consecutive definitions of known footnotes, as one list."""
    footnotes, labels, line = state.env["reading"].footnotes, [], start
    while line < end and not state.isEmpty(line):
        found = DEFINITION.match(state.src, state.bMarks[line] + state.tShift[line])
        if not found or found[1] not in footnotes:
            break
        labels.append(found[1])
        line += 1
    if not labels:
        return False
    if not silent:
        token = state.push("footnotes", "", 0)
        token.meta, token.map = {"labels": labels}, [start, line]
        state.line = line
    return True


def _footnote_list(_renderer: Any, tokens: list[Token], index: int, _options: Any, env: Any) -> str:
    footnotes = env["reading"].footnotes
    return footnote_list({label: footnotes[label] for label in tokens[index].meta["labels"]})


def footnote_list(footnotes: Mapping[str, SafeString]) -> str:
    items = []
    for label, shown in footnotes.items():
        value = f' value="{label}"' if label.isdigit() else ""
        items.append(f'<li id="fn-{label}"{value}>{conditional_escape(shown)}</li>')
    return f'<ol class="sources">{"".join(items)}</ol>'


def _image(_renderer: Any, tokens: list[Token], index: int, _options: Any, _env: Any) -> str:
    """Never fetched: a link to where it lies."""
    source, shown = str(tokens[index].attrs.get("src", "")), tokens[index].content
    if urlsplit(source).scheme in OUTSIDE:
        return f'<a class="picture" href="{escape(source)}">{escape(shown or source)}</a>'
    return f'<span class="picture">{escape(shown or source)}</span>'


def _mend(token: Token, reading: Reading) -> None:
    """Alignment becomes a class; a link that is not an address on the web leads to a note, or nowhere."""
    if token.attrs.get("style"):
        token.attrs = {"class": str(token.attrs["style"]).rpartition(":")[2]}
    for child in token.children or ():
        if child.type == "link_open":
            child.attrs = _link(str(child.attrs.get("href", "")), reading)


def _link(href: str, reading: Reading) -> dict[str, str | int | float]:
    if urlsplit(href).scheme in OUTSIDE:
        return {"href": href}
    note, _, heading = unquote(href).partition("#")
    target = reading.resolve(note.removesuffix(".md"), heading) if note and ":" not in note else ""
    return {"href": target} if target else {"class": "missing"}
