"""Anchors for the lines of a Markdown source in what is shown of it, so that a citation can point at one. Pure."""

from collections.abc import Iterator

from django.utils.html import escape
from markdown_it.token import Token

BREAKS = ("softbreak", "hardbreak")
CHECKBOXES = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


def anchor_lines(tokens: list[Token], first: int) -> None:
    """Give every line that is shown an id: `L` and its number, where `first` is that of the text's first line."""
    in_row = False
    for token in tokens:
        if token.type in ("tr_open", "tr_close"):
            in_row = token.type == "tr_open"
            if in_row and token.map:
                token.attrs |= {"id": f"L{token.map[0] + first}", "class": "line"}
        elif token.type == "inline" and token.map and not in_row:
            token.children = list(_lines(token.children or [], token.map[0] + first))
        elif token.type in ("fence", "code_block") and token.map:
            _code(token, token.map[0] + first + (token.type == "fence"))


def _lines(children: list[Token], number: int) -> Iterator[Token]:
    pieces = _split(children)
    _tick(pieces[0])
    if all(_balanced(piece) for piece in pieces):
        for offset, piece in enumerate(pieces):
            yield _html(f'<span class="line" id="L{number + offset}">')
            yield from piece
            yield _html("</span>")
        return
    for offset, piece in enumerate(pieces):  # emphasis runs across lines: no element can hold one of them
        yield _html(f'{"<br>" if offset else ""}<span class="at" id="L{number + offset}"></span>')
        yield from piece


def _split(children: list[Token]) -> list[list[Token]]:
    pieces: list[list[Token]] = [[]]
    for child in children:
        if child.type in BREAKS:
            pieces.append([])
        else:
            pieces[-1].append(child)
    return pieces


def _tick(piece: list[Token]) -> None:
    if piece and piece[0].type == "text":
        box = piece[0].content[:4]
        if box in CHECKBOXES:
            piece[0].content = CHECKBOXES[box] + piece[0].content[4:]


def _balanced(piece: list[Token]) -> bool:
    depth = 0
    for token in piece:
        depth += token.nesting
        if depth < 0:
            return False
    return depth == 0


def _code(token: Token, number: int) -> None:
    lines = token.content.removesuffix("\n").split("\n")
    spans = (
        f'<span class="line" id="L{number + offset}">{escape(line)}</span>'
        for offset, line in enumerate(lines)
    )
    token.type, token.content = "html_block", f"<pre><code>{''.join(spans)}</code></pre>\n"


def _html(content: str) -> Token:
    token = Token("html_inline", "", 0)
    token.content = content
    return token
