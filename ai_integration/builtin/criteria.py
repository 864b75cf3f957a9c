"""Completion criteria read as what they ask: an answer on something, a number of sources, or a property of the text."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from ai_integration.builtin import text, vocabulary
from ai_integration.builtin.text import Term
from ai_integration.builtin.vocabulary import Strict, load

_QUOTED = re.compile(r"「([^「」]{1,160})」|“([^“”]{1,160})”|\"([^\"]{1,160})\"")
_SOURCES = re.compile(
    r"(?:出典|根拠|資料|ノート)が?(?:は|を)?\s*([0-9０-９一二三四五])\s*(?:件|つ|本|個|か所|箇所)?以上|([0-9０-９])\s*(?:件|つ)以上の(?:出典|根拠|ノート|資料)"
)
_SOURCES_EN = re.compile(
    r"at least (\d|one|two|three|four|five)\s+(?:different |separate |independent )?(?:sources?|notes?|citations?)",
    re.IGNORECASE,
)
_NUMBERS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_SAID = re.compile(
    r"(?:に答える記述)?が?、?出典つきで.*$|が(?:明確に)?(?:書かれ|示され|記載され|まとめられ|整理され|説明され)て?い?る?。?$|(?:is|are) (?:answered|covered|described|stated|named|explained|listed|given|clear)\b.*$"
)


class Signs(Strict):
    ja: list[str]
    en: list[str]


@dataclass(frozen=True)
class Criterion:
    """`kind` is answer, sources, cited, gaps, lead, table, blanks or minutes; labels name what an answer is about."""

    text: str
    kind: str = "answer"
    labels: tuple[str, ...] = ()
    count: int = 0


@cache
def _signs() -> dict[str, Signs]:
    return load("criteria.toml", dict[str, Signs])


@lru_cache(maxsize=4_096)
def read(criterion: str) -> Criterion:
    """What a criterion asks. Never fails: what is not known otherwise asks for an answer on its own words."""
    found = _SOURCES.search(criterion) or _SOURCES_EN.search(criterion)
    if found:
        return Criterion(
            criterion, "sources", count=_number(next(group for group in found.groups() if group))
        )
    folded = text.fold(criterion)
    for kind, signs in _signs().items():
        if any(text.fold(sign) in folded for sign in (*signs.ja, *signs.en)):
            return Criterion(criterion, kind)
    labels = tuple(next(filter(None, groups)) for groups in _QUOTED.findall(criterion))
    return Criterion(criterion, "answer", labels or (_SAID.sub("", criterion).strip() or criterion,))


def _number(word: str) -> int:
    folded = text.fold(word)
    return _NUMBERS.get(folded) or int(folded)


@dataclass(frozen=True)
class Need:
    """One question that passages may answer. `subject` says what about, `terms` and `asks` what of it;
    `elsewhere` holds the words of the requirement's other questions."""

    label: str
    criterion: str
    subject: tuple[Term, ...]
    terms: tuple[Term, ...]
    asks: frozenset[str]
    bare: frozenset[str]
    thing: str = ""
    elsewhere: tuple[Term, ...] = ()

    @property
    def latest(self) -> bool:
        return "latest" in self.asks


def need(labels: tuple[str, ...], criterion: str, subject: tuple[Term, ...]) -> Need:
    """The need behind an answer criterion. With two labels the first is the thing that the second is asked of."""
    thing, label = (labels[0], labels[-1]) if len(labels) > 1 else ("", labels[0])
    about = (vocabulary.content_terms(thing) or (text.term(thing),)) if thing else subject
    known = {term.text for term in about}
    stems = {term.stem for term in about}
    bare = vocabulary.bare_asks_in(label)
    known |= vocabulary.idle_words(bare)
    terms = tuple(
        term for term in vocabulary.content_terms(label) if term.text not in known and term.stem not in stems
    )
    if not about:
        about, terms = terms, ()
    return Need(label, criterion, about, terms, vocabulary.asks_in(label), bare, thing)
