"""Small facts about texts."""

import re

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")


def language_of(text: str) -> str:
    """`ja` when the text holds kana or kanji, else `en`."""
    return "ja" if _JAPANESE.search(text[:2000]) else "en"


def first_line(text: str, length: int = 60) -> str:
    """A title for a text that was given none: its first line that says something, cut at `length` characters."""
    lines = (line.strip(" \t　#*->") for line in text.splitlines())
    line = next(filter(None, lines), "") or text.strip()
    return line if len(line) <= length else f"{line[: length - 1]}…"
