"""Words and terms of Japanese and English text, as the built-in secretary compares them."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

KANJI = "々〆㐀-䶿一-鿿豈-﫿"
KATAKANA = "ァ-ヴー"
HIRAGANA = "ぁ-ゖ"
CJK = f"{KANJI}{KATAKANA}{HIRAGANA}"

_WORD = re.compile(rf"[^\W_{CJK}]+(?:['’][a-z]{{1,3}}\b)?")
_CJK_CHAR = re.compile(rf"[{CJK}]")
# 書き方, 打ち合わせ, 持ち物: one kanji, one inflecting kana, then kanji again.
_OKURIGANA = rf"[{KANJI}][きりみちいびぎえけせてめれげべじし](?=[{KANJI}])(?<![{KANJI}]{{2}}.)"
# 厚さ, 使いやすさ: an adjective made a noun.
_QUALITY = rf"[{KANJI}][いきえけせてねべめれりしちみび]?(?:やす|にく|づら)?さ(?![{HIRAGANA}])|[{KANJI}]{{1,2}}さ(?=[をはがのにへとでもや](?![{HIRAGANA}]))"
# 春の文具展: a single kanji says little alone and much before a name.
_SEASON = rf"(?<![{KANJI}{KATAKANA}])[{KANJI}]の(?=[{KANJI}{KATAKANA}]{{2}})"
# 納期遅れ: what is late, and that it is.
_AFTER = r"(?=[のがをはにとで、。?？]|$)"
_DONE_TO = rf"(?<![{KANJI}])[{KANJI}]{{2}}(?=[{KANJI}][れげりけえ]{_AFTER})|(?<=[{KANJI}]{{2}})[{KANJI}][れげりけえ]{_AFTER}"
_CHUNK = re.compile(rf"{_QUALITY}|{_DONE_TO}|(?:{_SEASON})?(?:{_OKURIGANA}|[{KANJI}{KATAKANA}]|[^\W_{CJK}])+")
_RUN = re.compile(rf"[{KANJI}]+|[{KATAKANA}]+|[{HIRAGANA}]+|[^\W_{CJK}]+")
_LOOSE = re.compile(
    rf"(?<=\d)[ \u3000](?=[{CJK}])|(?<=[{CJK}])[ \u3000](?=\d)|"
    rf"(?<![\w][A-Za-z])(?<=[A-Za-z])[ \u3000](?=[社案棟班館室型](?![{KANJI}]))|(?<=案)[ \u3000](?=[A-Za-z](?!\w))"
)
_VOWEL = re.compile(r"[aeiouy]")
_IDENTIFIER = re.compile(rf"^[^\W_{CJK}]{{1,3}}(?=[{CJK}])|(?<=[{CJK}])[^\W_{CJK}]{{1,3}}$")
FULL_MATCH = 0.999
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY = re.compile(
    r"(?<!\d)(?:\d{4}[-/.年_]?)?(?P<month>0?[1-9]|1[0-2])(?:月|[-/])(?P<day>[12]\d|3[01]|0?[1-9])(?:日|(?![\d%]))"
    r"|\b(?P<name>jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)[a-z]*\.? (?P<after>\d{1,2})(?!\d)|(?<!\d)(?P<before>\d{1,2})(?:st|nd|rd|th)? (?P<named>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\b"
)


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """Width, case and composition made equal, so that ＡＢＣ, abc and ABC compare as one."""
    return tight(text).casefold().replace("’", "'")


@lru_cache(maxsize=16_384)
def tight(text: str) -> str:
    """Width and composition made equal, and no space between a number or a lone letter and its Japanese: 11 月 18 日 is 11月18日."""
    return _LOOSE.sub("", unicodedata.normalize("NFKC", text))


def is_japanese(text: str) -> bool:
    """Whether a reader would call this Japanese: kana or kanji make up a fair part of its letters."""
    sample = text[:4_000]
    return len(_CJK_CHAR.findall(sample)) * 5 > sum(char.isalpha() for char in sample)


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """A crude English stem: plurals, -ing, -ed and a final e removed. Only ever compared with other stems."""
    word = word.split("'")[0]
    if not word.isascii() or len(word) < 3 or any(char.isdigit() for char in word):
        return word
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")):
        if word.endswith(ending) and _stands_alone(word, ending):
            word = _undouble(word[: -len(ending)] + instead)
            break
    return word[:-1] if word.endswith("e") and _VOWEL.search(word[:-1]) else word


def _stands_alone(word: str, ending: str) -> bool:
    rest = word[: -len(ending)]
    if ending == "s" and rest[-1:] in {"s", "u", "i"}:
        return False
    return len(rest) >= 2 and _VOWEL.search(rest) is not None


def _undouble(word: str) -> str:
    doubled = len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lszaeiou"
    return word[:-1] if doubled else word


def words(text: str) -> list[str]:
    """The folded words of every script that puts spaces between words."""
    return _WORD.findall(fold(text))


def chunks(text: str) -> list[str]:
    """Folded content runs: kanji, katakana and Latin compounds; hiragana is taken as grammar."""
    return _CHUNK.findall(fold(text))


def chunks_as_written(text: str) -> list[str]:
    """The same runs with their case kept."""
    return _CHUNK.findall(unicodedata.normalize("NFKC", text))


@dataclass(frozen=True)
class Term:
    """One thing to look for. `text` is folded; a Japanese compound may also match by its parts."""

    text: str
    parts: tuple[str, ...] = field(default=(), compare=False)

    @cached_property
    def japanese(self) -> bool:
        return _CJK_CHAR.search(self.text) is not None

    @cached_property
    def day(self) -> str:
        """The day of the year that the term is, or nothing."""
        days = days_in(self.text)
        return next(iter(days)) if len(days) == 1 and len(self.text) <= 12 else ""

    @cached_property
    def stem(self) -> str:
        return stem(self.text)


@lru_cache(maxsize=8_192)
def term(text: str) -> Term:
    """The term for a folded chunk. 新製品A has no parts: its letter is what tells it from 新製品B."""
    folded = fold(text)
    if not _CJK_CHAR.search(folded) or _IDENTIFIER.search(folded):
        return Term(folded)
    parts = [piece for run in _RUN.findall(folded) for piece in _pieces(run)]
    return Term(folded, tuple(parts) if len(parts) > 1 else ())


def _pieces(run: str) -> list[str]:
    if len(run) >= 4 and re.match(rf"[{KANJI}]", run):
        return [run[start : start + 2] for start in range(0, len(run), 2)]
    return [run] if len(run) > 1 or not re.match(rf"[{HIRAGANA}]", run) else []


def days_in(folded: str) -> frozenset[str]:
    """The days of the year that a folded text names, as MM-DD, whatever way they are written."""
    found = set()
    for match in _DAY.finditer(folded):
        name = match["name"] or match["named"]
        month = _MONTHS.index(name[:3]) + 1 if name else int(match["month"])
        found.add(f"{month:02d}-{int(match['day'] or match['after'] or match['before']):02d}")
    return frozenset(found)


class Reading:
    """A text as it is compared: folded once, its words stemmed once."""

    def __init__(self, text: str) -> None:
        self.folded = fold(text)
        self.stems = frozenset(stem(word) for word in _WORD.findall(self.folded))

    @cached_property
    def days(self) -> frozenset[str]:
        return days_in(self.folded) if any(char.isdigit() for char in self.folded) else frozenset()

    def match(self, wanted: Term) -> float:
        """How fully the term is here, 0 to 1."""
        if wanted.day and wanted.day in self.days:
            return 1.0
        if not wanted.japanese:
            return 1.0 if wanted.stem in self.stems else 0.0
        if wanted.text in self.folded:
            return 1.0
        if not wanted.parts:
            return 0.0
        found = sum(len(part) for part in wanted.parts if self._has(part))
        share = found / sum(len(part) for part in wanted.parts)
        return 0.8 * share if share >= 0.5 else 0.0

    def _has(self, part: str) -> bool:
        return part in self.folded if _CJK_CHAR.search(part) else stem(part) in self.stems


def bigrams(text: str) -> frozenset[str]:
    """Character pairs of the folded text without spaces; used to see that two texts say the same."""
    squeezed = re.sub(r"[\W_]+", "", fold(text))
    return frozenset(squeezed[start : start + 2] for start in range(len(squeezed) - 1))


def clip(text: str, limit: int) -> str:
    """At most `limit` characters on one line, cut with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"
