"""Which parts of a body are code, comments or math: no link and no tag is read there."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"^(?P<prefix>[ \t]*(?:>[ \t]*)*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})"
    r"|\\.|\[\[[^\[\]\n]+\]\]|%%|<!--|\$\$?|(?<!`)`+",
    re.MULTILINE,
)
_CLOSERS = {"%%": "%%", "$$": "$$", "<!--": "-->"}
_PARAGRAPH_END = re.compile(r"\n[ \t>]*(?:\n|$)")
_MATH = re.compile(r"\$(?=\S)[^$\n]*(?<=[^\s\\])\$(?!\d)")
_LIST_ITEM = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_VISIBLE = re.compile(r"[^\n]")


def blank_ignored(body: str) -> str:
    """The body with everything ignored turned into blanks; offsets and lines stay where they are."""
    pieces: list[str] = []
    position = 0
    for start, end in ignored_spans(body):
        pieces += (body[position:start], _VISIBLE.sub(" ", body[start:end]))
        position = end
    return _blank_indented_code("".join((*pieces, body[position:])))


def ignored_spans(body: str) -> Iterator[tuple[int, int]]:
    """Spans of fenced and inline code, comments and math, in order and disjoint."""
    scanner = _Scanner(body)
    position = 0
    while token := _TOKEN.search(body, position):
        end = scanner.span_end(token)
        if end is None:
            position = token.end()
            continue
        yield token.start(), end
        position = end


class _Scanner:
    """Says where a token's span ends. Remembers the paragraph it is in: a hostile note must not cost quadratic time."""

    def __init__(self, body: str) -> None:
        self.body = body
        self._paragraph_end = -1

    def span_end(self, token: re.Match[str]) -> int | None:
        """None when the token opens nothing."""
        text = token.group()
        if token["fence"]:
            return _fence_end(self.body, token)
        if text in _CLOSERS:
            return self._block_end(token, _CLOSERS[text])
        if text.startswith("`"):
            return self._code_end(token)
        if text == "$":
            math = _MATH.match(self.body, token.start())
            return math.end() if math else None
        return None

    def _block_end(self, token: re.Match[str], closer: str) -> int | None:
        """Comments and math that start a line run on to the end of the note when nothing closes them."""
        body, start = self.body, token.start()
        starts_line = not body[max(body.rfind("\n", 0, start) + 1, start - 40) : start].strip(" \t>")
        found = body.find(closer, token.end(), len(body) if starts_line else self._paragraph(token.end()))
        if found < 0:
            return len(body) if starts_line else None
        return found + len(closer)

    def _code_end(self, token: re.Match[str]) -> int | None:
        body, ticks = self.body, token.group()
        end = self._paragraph(token.end())
        found = body.find(ticks, token.end(), end)
        while found >= 0:
            after = found + len(ticks)
            if body[after : after + 1] != "`" and body[found - 1] != "`":
                return after
            found = body.find(ticks, after, end)
        return None

    def _paragraph(self, position: int) -> int:
        if position > self._paragraph_end:
            found = _PARAGRAPH_END.search(self.body, position)
            self._paragraph_end = found.start() if found else len(self.body)
        return self._paragraph_end


def _fence_end(body: str, token: re.Match[str]) -> int:
    fence, quoted = token["fence"], ">" in token["prefix"]
    closing = re.compile(rf"[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$", re.MULTILINE)
    position = body.find("\n", token.end()) + 1
    while position:
        if quoted and not body[position : position + 8].lstrip(" \t").startswith(">"):
            return position
        if found := closing.match(body, position):
            return found.end()
        position = body.find("\n", position) + 1
    return len(body)


def _blank_indented_code(body: str) -> str:
    """Four blanks after an empty line are code, unless they continue a list."""
    if "\n    " not in body and "\n\t" not in body and not body.startswith(("    ", "\t")):
        return body
    lines = body.split("\n")
    after_blank, in_list, in_code = True, False, False
    for number, line in enumerate(lines):
        indented = line.startswith(("    ", "\t"))
        if not line.strip():
            after_blank = True
            continue
        in_code = indented and not in_list and (after_blank or in_code)
        if in_code:
            lines[number] = _VISIBLE.sub(" ", line)
        elif _LIST_ITEM.match(line):
            in_list = True
        elif not indented and after_blank:
            in_list = False
        after_blank = False
    return "\n".join(lines)
