"""One tokenizer for both databases: folded text cut into bigrams (scripts without spaces) and words (the others).

The index, the queries and the ranking all speak in these grams, so SQLite and PostgreSQL find the same things.
Grams never contain white space, so a list of them travels as one string with blanks between.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

WORD_LIMIT = 64
"""Longer words (hashes, base64) are cut, in the index and in the query alike."""

BREAK = "\ue001"
"""Stands between two fields, so that no phrase reaches from one into the next. Private use: no text yields it."""

_UNSPACED = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b\u303c\u3041-\u3096\u309d-\u309f"
    "\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7fb\uf900-\ufaff\U00020000-\U0003fffd"
)
_PICTURES = "\u2190-\u2bff\U0001f000-\U0001faff"
_RUN = re.compile(f"([{_UNSPACED}]+)|[{_PICTURES}]|[^\\W_{_UNSPACED}]+")
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_QUOTES = str.maketrans("“”„‟＂", '"""""')
_LEAF = re.compile(r'"([^"]*)"?|([^\s"]+)')
_SIGNIFICANT = frozenset("+#$%&*=<>^|~@\\!?")


def fold(text: str) -> str:
    """The form in which texts are compared: width, case, composition and invisible characters do not count."""
    if text.isascii():
        return text.lower()
    folded = _IGNORABLE.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return _IGNORABLE.sub("", unicodedata.normalize("NFKC", folded))


def grams(text: str) -> list[str]:
    """The grams of a text, in order: 会議録 -> 会議 議録 録, Sales 2026 -> sales 2026."""
    found: list[str] = []
    for run in _RUN.finditer(fold(text)):
        if run.lastindex:
            word = run.group()
            found += [word[i : i + 2] for i in range(len(word))]
        else:
            found.append(run.group()[:WORD_LIMIT])
    return found


@dataclass(frozen=True)
class Term:
    """One leaf of a query: its grams stand side by side in a match, the last one as a prefix where `prefix`.

    `exact` is folded text that a match must also contain literally, because its grams alone do not say it (`c++`).
    """

    text: str
    grams: tuple[str, ...]
    prefix: bool = False
    exact: str = ""

    @cached_property
    def needle(self) -> str:
        """What to look for in ` gram gram … ` (with a blank at both ends)."""
        return f" {' '.join(self.grams)}{'' if self.prefix else ' '}"


def terms(query: str) -> list[Term]:
    """The leaves of a query: words, and "phrases in quotes". Leaves without any gram are left out."""
    leaves = (_term(match[1] or match[2] or "") for match in _LEAF.finditer(query.translate(_QUOTES)))
    return list(dict.fromkeys(leaf for leaf in leaves if leaf.grams))


def _term(leaf: str) -> Term:
    text = fold(leaf).strip()
    runs = list(_RUN.finditer(text))
    found: list[str] = []
    prefix = False
    for position, run in enumerate(runs):
        is_open = position == len(runs) - 1 and run.end() == len(text)
        gram_list, prefix = _term_run(run.group(), bool(run.lastindex), is_open)
        found += gram_list
    return Term(text, tuple(found), prefix, text if _SIGNIFICANT.intersection(text) else "")


def _term_run(run: str, unspaced: bool, is_open: bool) -> tuple[list[str], bool]:
    """An open run may go on in the text; a closed one is followed by something else in the query."""
    if not unspaced:
        return [run[:WORD_LIMIT]], is_open and len(run) <= WORD_LIMIT
    if len(run) == 1:
        return [run], is_open
    return [run[i : i + 2] for i in range(len(run) - is_open)], False
