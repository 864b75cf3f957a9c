"""The piece of a passage that shows a match. Texts are compared folded, shown as written."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from knowledge.grams import Term, fold

BEFORE = 30
LENGTH = 120
_COMBINING = frozenset("ﾞﾟ")


def folded_with_offsets(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters (and its end) the offset in `text` that it comes from."""
    pieces: list[str] = []
    offsets: list[int] = []
    for start, end in _clusters(text):
        folded = fold(text[start:end])
        pieces.append(folded)
        offsets += [start] * len(folded)
    return "".join(pieces), [*offsets, len(text)]


def _clusters(text: str) -> list[tuple[int, int]]:
    """Characters with what composes with them."""
    starts = [i for i, mark in enumerate(text) if not i or not _joins(mark)]
    return list(pairwise([*starts, len(text)]))


def _joins(mark: str) -> bool:
    return bool(unicodedata.combining(mark)) or mark in _COMBINING or "\u1160" <= mark <= "\u11ff"


def first_match(text: str, leaves: Sequence[Term]) -> int | None:
    """The offset in `text` of the earliest place where a term stands."""
    patterns = [_pattern(leaf) for leaf in leaves]
    position = 0
    for line in text.split("\n"):
        if spans := _spans(line, patterns):
            return position + spans[0][0]
        position += len(line) + 1
    spans = _spans(text, patterns)  # a phrase may reach over the end of a line
    return spans[0][0] if spans else None


def snippet(text: str, offset: int, leaves: Sequence[Term]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """About LENGTH characters around `offset`, on one line, and where the terms stand in them."""
    line_start = text.rfind("\n", 0, offset) + 1
    start = line_start if offset - line_start <= BEFORE else offset - BEFORE
    end = min(len(text), start + LENGTH)
    shown = re.sub(r"\s", " ", text[start:end])
    left = "…" if start > line_start else ""
    right = "…" if end < len(text) else ""
    marks = tuple(
        (a + len(left), b + len(left)) for a, b in _spans(shown, [_pattern(leaf) for leaf in leaves])
    )
    return f"{left}{shown}{right}", marks


def _spans(text: str, patterns: Sequence[re.Pattern[str]]) -> list[tuple[int, int]]:
    folded = fold(text)
    found = sorted({match.span() for pattern in patterns for match in pattern.finditer(folded)})
    if not found or all(fold(text[start:end]) == folded[start:end] for start, end in found):
        return found  # by far the most texts fold character by character
    _folded, offsets = folded_with_offsets(text)
    mapped = (
        (offsets[min(start, len(offsets) - 1)], offsets[min(end, len(offsets) - 1)]) for start, end in found
    )
    return sorted({(start, max(end, start + 1)) for start, end in mapped})


@lru_cache(maxsize=256)
def _pattern(leaf: Term) -> re.Pattern[str]:
    """The term literally, or its grams with anything between that yields no gram."""
    if leaf.exact:
        return re.compile(re.escape(leaf.exact))
    words: list[str] = []
    for gram in leaf.grams:
        if words and len(gram) <= 2 and not gram.isascii() and words[-1].endswith(gram[0]):
            words[-1] += gram[1:]
        else:
            words.append(gram)
    between = r"[\W_]*"
    return re.compile(between.join(re.escape(word) for word in words))
