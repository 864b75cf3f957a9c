"""The word lists in `words/`: request words, synonyms, answer types, roles and forms, loaded once and strictly."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ai_integration.builtin import text

WORDS = Path(__file__).parent / "words"
_HIRAGANA_NAME = re.compile(rf"[{text.HIRAGANA}ー]{{3,10}}")
_VERB = re.compile(rf"(?<![{text.KANJI}])([{text.KANJI}])(?=[{text.HIRAGANA}])(?!の)")  # 遅れそうな
_KANJI = re.compile(rf"[{text.KANJI}]")
_DEFINING = re.compile(r"what (?:is|are|was|were) \S.*|what\b.*\b(?:is|are|means?|mean)\??$")
_BLANK = re.compile(r"\{(\w+)\}")
_NOT_A_QUESTION = re.compile(r"いつも|いつでも|いつか|誰でも|誰も|どこでも|なぜなら")


class WordListError(ValueError):
    """A word list cannot be used; the message names the file and the key."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Both(Strict):
    """One text in both languages."""

    ja: str
    en: str

    def get(self, language: str) -> str:
        return self.ja if language == "ja" else self.en


class Ask(Strict):
    """A type of answer: the words of a question that ask for it. For those in `bare` the type is the whole
    answer (any date answers "when"); for the others the word or a synonym must stand beside it."""

    ja: list[str]
    en: list[str]
    bare: list[str]
    search: dict[str, list[str]]
    idle: list[str] = []


class Group(Strict):
    ja: list[str]
    en: list[str]
    near: list[str] = []
    topical: bool = False


class Role(Strict):
    ja: list[str]
    en: list[str]
    next: list[str]


class Form(Strict):
    ja: list[str]
    en: list[str]
    marker: Both


class RequestWords(Strict):
    words: list[str]
    tails: list[str] = []
    grammar: list[str] = []
    idle: list[str] = []


def load[T](name: str, shape: type[T], folder: Path = WORDS) -> T:
    """One TOML file of `folder`, checked against `shape`. Raises WordListError naming file and key."""
    try:
        data = tomllib.loads((folder / name).read_text(encoding="utf-8"))
        return TypeAdapter(shape).validate_python(data)
    except tomllib.TOMLDecodeError as error:
        raise WordListError(f"{name}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise WordListError(f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


@cache
def asks() -> dict[str, Ask]:
    return load("asks.toml", dict[str, Ask])


@cache
def roles() -> dict[str, Role]:
    return load("roles.toml", dict[str, Role])


@cache
def forms() -> dict[str, Form]:
    return load("forms.toml", dict[str, Form])


@cache
def wording() -> dict[str, Both]:
    return load("wording.toml", dict[str, Both])


def say(key: str, language: str, /, **values: object) -> str:
    """A sentence of the secretary's own, in `language`. Values are put in literally, braces in them included."""
    parts = _BLANK.split(wording()[key].get(language))
    return "".join(str(values[part]) if at % 2 else part for at, part in enumerate(parts))


@cache
def _request_words() -> tuple[frozenset[str], frozenset[str]]:
    lists = load("request.toml", dict[str, RequestWords])
    asking = [text.fold(word) for each in lists.values() for word in each.words]
    stems = frozenset(text.stem(word) for word in asking if word.isascii())
    return frozenset(asking) | grammar_words(), stems


@cache
def _tails() -> frozenset[str]:
    lists = load("request.toml", dict[str, RequestWords])
    return frozenset(text.fold(word) for word in lists["ja"].tails)


@cache
def grammar_words() -> frozenset[str]:
    """English articles, prepositions and the like, folded."""
    lists = load("request.toml", dict[str, RequestWords])
    return frozenset(lists["en"].grammar)


def is_request_word(folded: str) -> bool:
    exact, stems = _request_words()
    return folded in exact or (folded.isascii() and text.stem(folded) in stems and len(folded) > 3)


@cache
def _groups() -> tuple[list[Group], dict[str, list[int]]]:
    groups = load("synonyms.toml", dict[str, list[Group]])["group"]
    where: dict[str, list[int]] = defaultdict(list)
    for number, group in enumerate(groups):
        for word in (*group.ja, *group.en):
            where[_key(word)].append(number)
    return groups, where


def _key(word: str) -> str:
    folded = text.fold(word)
    return folded if text.term(folded).japanese else " ".join(text.stem(part) for part in folded.split())


def _groups_of(word: str) -> list[Group]:
    groups, where = _groups()
    key = _key(word)
    found = where.get(key, [])
    if not found and text.term(key).japanese:
        found = next((where[key[cut:]] for cut in range(1, len(key) - 1) if key[cut:] in where), [])
    return [groups[number] for number in found]


@lru_cache(maxsize=4_096)
def synonyms(word: str) -> tuple[str, ...]:
    """Folded words of both languages that an office uses for the same thing, without the word itself."""
    same = (text.fold(other) for group in _groups_of(word) for other in (*group.ja, *group.en))
    return tuple(dict.fromkeys(other for other in same if _key(other) != _key(word)))


@cache
def _idle_verbs() -> frozenset[str]:
    return frozenset(load("request.toml", dict[str, RequestWords])["ja"].idle)


def tells_apart(verb: str) -> bool:
    """Whether a verb names a case of its own (なくした), and not what one does with anything (取った, 行った)."""
    return bool(synonyms(verb)) or (
        len(verb) == 1
        and _KANJI.match(verb) is not None
        and not is_request_word(verb)
        and verb not in _idle_verbs()
    )


def is_aspect(word: str) -> bool:
    """Whether a word names a point of something (its price, its risks) rather than a something."""
    groups = _groups_of(word)
    return bool(asks_in(word)) or (bool(groups) and not any(group.topical for group in groups))


@lru_cache(maxsize=4_096)
def neighbours(word: str) -> tuple[str, ...]:
    """Broader words, worth a search but no answer."""
    return tuple(dict.fromkeys(text.fold(other) for group in _groups_of(word) for other in group.near))


def translation(word: str, language: str) -> str:
    """The first word for the same thing in `language`, or nothing."""
    group = next(iter(_groups_of(word)), None)
    return "" if group is None else text.fold((group.ja if language == "ja" else group.en)[0])


@lru_cache(maxsize=4_096)
def asks_in(label: str) -> frozenset[str]:
    """The types of answer that the words of a question or an aspect ask for."""
    folded = _NOT_A_QUESTION.sub(" ", text.fold(label))
    spaced = f" {' '.join(text.words(folded))} "
    return frozenset(
        name
        for name, ask in asks().items()
        if any(text.fold(word) in folded for word in ask.ja) or any(f" {word} " in spaced for word in ask.en)
    )


def search_words(label: str, language: str) -> list[str]:
    """The words by which answers of the types asked are found."""
    wanted = asks_in(label) if "what" in bare_asks_in(label) else asks_in(label) - {"what"}
    return [word for name in sorted(wanted) for word in asks()[name].search.get(language, [])]


@lru_cache(maxsize=4_096)
def bare_asks_in(label: str) -> frozenset[str]:
    """Those types of answer which answer the label by themselves."""
    folded = _NOT_A_QUESTION.sub(" ", text.fold(label))
    spaced = f" {' '.join(text.words(folded))} "
    defining = frozenset(("what",)) if _DEFINING.match(folded.strip()) else frozenset()
    return defining | frozenset(
        name
        for name in asks_in(label)
        if any(f" {word} " in spaced if word.isascii() else word in folded for word in asks()[name].bare)
    )


def idle_words(kinds: Iterable[str]) -> frozenset[str]:
    """The verbs that ask no more than these types of answer do: where did we *go*."""
    return frozenset(word for name in kinds for word in asks()[name].idle)


@lru_cache(maxsize=4_096)
def content_terms(phrase: str) -> tuple[text.Term, ...]:
    """What a phrase is about: its content words in order, request words and grammar left out."""
    chunks = (_without_request(own) for chunk in text.chunks(phrase) for own in _owned(chunk))
    found = [chunk for chunk in chunks if _has_content(chunk)]
    if not found and (_HIRAGANA_NAME.fullmatch(phrase.strip()) or _lone_noun(phrase.strip())):
        found = [text.fold(phrase).strip()]
    found = found or [verb for verb in _VERB.findall(text.fold(phrase)) if not is_request_word(verb)]
    return tuple(dict.fromkeys(text.term(chunk) for chunk in found))


def _owned(chunk: str) -> tuple[str, ...]:
    """春の文具展 is one name; 次の会議 is 会議, and 本の価格 is the 価格 of 本."""
    owner, joined, owned = chunk.partition("の")
    if not joined or len(owner) != 1:
        return (chunk,)
    return (owned,) if is_request_word(owner) or is_aspect(owned) or is_request_word(owned) else (chunk,)


def _lone_noun(phrase: str) -> bool:
    return len(phrase) == 1 and _KANJI.fullmatch(phrase) is not None and not is_request_word(phrase)


def _without_request(chunk: str) -> str:
    """市場調査 asks about 市場: a request word at the end of a Japanese compound is what to do with it; 個人情報 is one word."""
    if _key(chunk) in _groups()[1]:
        return chunk
    cut = next((at for at in range(2, len(chunk) - 1) if chunk[at:] in _tails()), None)
    return chunk if chunk.isascii() or cut is None or is_request_word(chunk) else chunk[:cut]


def _has_content(chunk: str) -> bool:
    lone = len(chunk) == 1 and not chunk.isdigit()
    return not lone and not is_request_word(chunk)
