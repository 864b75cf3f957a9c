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


# 「どんな会社ですか」 asks what it is; that it is a company is known.
_KIND_OF = re.compile(
    rf"(?:どんな|どういう|どういった|どのような|何の|なんの)(?P<ja>[{text.KANJI}{text.KATAKANA}]{{1,8}})(?=(?:です|でしょう|だ|なの|か|[?？]|$))"
    r"|\b(?:what|which) (?:kind|sort|type) of (?P<en>\w+)(?= (?:is|are|was|were)\b)",
    re.IGNORECASE,
)
_WHO_IS = re.compile(
    r"^who (?:is|are|was|were)\b|(?:は|って|とは)(?:誰|だれ|何者|どなた)(?:です|でしょう|なの)?か?[?？]?$",
    re.IGNORECASE,
)
# "Which films do I have" asks for whatever is called that.
_LISTING = re.compile(
    r"^(?:what|which)\b.*\b(?:do (?:i|we) have|have (?:i|we) \w+(?: (?:of|by|from|about|on) \w+)?|are(?: there)?)$|(?:の|は|が)(?:何が|なにが)?ありますか$",
    re.IGNORECASE,
)
KEPT = frozenset(("what", "kept"))
WHAT, LEFT = frozenset(("what",)), frozenset(("left",))
# Yes or no: 「予算が超過しそうか」, "Is the theme free?". What is said of the subject has to stand there, or it is no answer.
_YES_NO = re.compile(
    r"(?:かどうか|か否か|(?:です|ます|ました|ません|でしょう|だろう|しそう|でき(?:る|そう)|(?:て|で)(?:も)?(?:いい|よい|良い)(?:です)?|ている|ていない|った|した)か)[?？。]?$"
    r"|(?:て|で)(?:も)?(?:いい|よい|良い|大丈夫)[?？]$"
    r"|^(?:is|are|was|were|do|does|did|has|have|had|can|could|should|will|would|may|must) ",
    re.IGNORECASE,
)
_ASKS_MORE = re.compile(
    r"何|なに|いつ|どこ|誰|だれ|なぜ|どう(?!か)|いくら|どの|どれ|どんな|どちら|\b(?:or|what|when|where|who|why|how|which)\b"
)
_CONDITION = re.compile(
    rf"(?:^|[をがはにもでとへ、])(?P<verb>[{text.KANJI}]{{1,2}}|[{text.HIRAGANA}]{{2,3}})[{text.HIRAGANA}]{{0,3}}?(?:(?:た|る|ない)(?:とき|時|場合|際)|たら)"
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
    """One question that passages may answer. `subject` says what about, `terms` and `asks` what of it; an answer names
    each of `must`; `elsewhere` holds the words of the requirement's other questions."""

    label: str
    criterion: str
    subject: tuple[Term, ...]
    terms: tuple[Term, ...]
    asks: frozenset[str]
    bare: frozenset[str]
    thing: str = ""
    elsewhere: tuple[Term, ...] = ()
    must: tuple[Term, ...] = ()

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
        term
        for term in vocabulary.content_terms(_KIND_OF.sub(_unless_class, label))
        if term.text not in known and term.stem not in stems
    )
    if not about:
        about, terms = terms, ()
    asks = vocabulary.asks_in(label)
    if "what" in bare and not terms:
        asks, bare = WHAT, WHAT  # "what is cost per use" asks for no amount
    if not terms and _WHO_IS.search(label):
        asks, bare = WHAT, WHAT
    if not terms and is_listing(label):
        asks, bare = KEPT, WHAT
    if "risk" in asks:
        asks -= LEFT  # 「残っている懸念」 are worries and no work
    return Need(label, criterion, about, terms, asks, bare - (LEFT - asks), thing, must=_must(label))


def is_listing(label: str) -> bool:
    """Whether a question asks what there is of its subject."""
    return _LISTING.search(label) is not None


def is_yes_no(label: str) -> bool:
    """Whether a question can be answered by yes or no."""
    return _YES_NO.search(label) is not None and _ASKS_MORE.search(text.fold(label)) is None


def _must(label: str) -> tuple[Term, ...]:
    """What an answer may not leave out: that of which yes or no is asked, and the case for which something is asked."""
    named = vocabulary.content_terms(label)
    of_yes_no = named[-1:] if is_yes_no(label) else ()
    case = _CONDITION.search(label)
    verbs = (case["verb"],) if case and vocabulary.tells_apart(case["verb"]) else ()
    return (*of_yes_no, *(text.term(verb) for verb in verbs))


def _unless_class(found: re.Match[str]) -> str:
    """「どんなリスク」 asks for risks; 「どんな会社」 for no company."""
    noun = found["ja"] or found["en"]
    return found[0] if vocabulary.is_aspect(noun) else ""
