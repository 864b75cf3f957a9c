"""Which units of the passages answer a need: aspect, subject and type of answer, above a floor.

A unit that merely shares a common word must not be cited, so every unit has to be about the subject
(in its own words, its heading, its note's title or the text just before it) and to answer the aspect.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ai_integration.builtin import answers, coverage, definitions, doubts, text, vocabulary
from ai_integration.builtin.coverage import Candidate, Corpus
from ai_integration.builtin.criteria import Need
from ai_integration.builtin.text import FULL_MATCH, Reading
from ai_integration.builtin.units import Unit

__all__ = ["NEAR_SUBJECT", "Candidate", "Corpus", "Hit", "about_subject", "rank"]

SUBJECT_FLOOR = 0.5
THING_FLOOR = 0.6
ASPECT_FLOOR = 0.5
# Of a label of several words, so much must stand there before it names its own subject.
WHOLE_LABEL = 0.75
OWN_TERMS = 2
TYPED = 0.5
# What stands below a heading that names the point has some claim to it, whatever it looks like.
NAMED_ABOVE = 0.5
BESIDE = 0.4
# What a note's title gives its properties.
OF_NOTE = 0.79
# Of a note whose other properties name the subject (its place), one property names what is asked (its type).
OF_PROPERTY, NAMED_BY_PROPERTY = 0.74, 0.7
DONE = 0.8
DEFINES = 0.1
REASON = frozenset(("why",))
EMPHASIS = 0.06
NEAR_SUBJECT = 0.6
OPENING = 40
OWN_SUBJECT = 0.85
NEAR_MISS = 0.75
NEAR_LENGTH = 24
BESIDES = 0.3
POINTER = 0.45
SCORE_FLOOR = 0.3


_Table = tuple[int, str, tuple[str, ...]]


class _Mark(NamedTuple):
    """What a unit is worth for a need, whether it answers, and how much it is itself about the subject."""

    value: float
    answers: bool
    near: float = 0.0


_NO = _Mark(0.0, False)


@dataclass(frozen=True)
class Hit:
    """A unit that answers a need. `near` marks one that is on the subject but does not answer."""

    candidate: Candidate
    score: float
    near: bool = False

    @property
    def unit(self) -> Unit:
        return self.candidate.unit


def about_subject(corpus: Corpus, wanted: Need, candidate: Candidate) -> float:
    """How much a unit, with its heading and title, is about the subject, 0 to 1."""
    return coverage.subject(corpus, wanted, candidate)[0]


def rank(corpus: Corpus, wanted: Need) -> list[Hit]:
    """The units that answer the need, best first; when none does, the few nearest ones on the very subject."""
    scored = [
        (candidate, _score(corpus, wanted, candidate))
        for candidate in corpus.candidates
        if candidate.quality > 0
    ]
    answering = [(each, mark) for each, mark in scored if mark.answers and mark.value >= SCORE_FLOOR]
    others = _tables_of_others(answering)
    hits = [
        Hit(each, mark.value)
        for each, mark in answering
        if mark.near >= NEAR_SUBJECT or _table(each.unit) not in others
    ]
    if not hits:
        hits = [Hit(candidate, mark.value, near=True) for candidate, mark in scored if mark.value > 0]
    return sorted(hits, key=lambda hit: (-hit.score, hit.candidate.number))


def _tables_of_others(answering: Sequence[tuple[Candidate, _Mark]]) -> set[_Table]:
    """Tables that have rows for the subject: their other rows are about others."""
    return {table for each, mark in answering if mark.near >= OWN_SUBJECT and (table := _table(each.unit))}


def _table(unit: Unit) -> _Table | None:
    return (id(unit.passage), unit.section, unit.columns) if unit.kind == "row" else None


def _score(corpus: Corpus, wanted: Need, candidate: Candidate) -> _Mark:
    linked = bool(wanted.asks & answers.LISTS)
    near, far = coverage.subject(corpus, wanted, candidate, linked=linked) if wanted.subject else (1.0, 1.0)
    aspect, inherited = coverage.aspect(corpus, wanted, candidate) if wanted.terms else (0.0, False)
    if far < SUBJECT_FLOOR and aspect >= ASPECT_FLOOR and not wanted.thing:
        far = max(far, _covered(corpus, wanted, candidate, aspect, inherited=inherited))
    if far < SUBJECT_FLOOR or (wanted.thing and far < THING_FLOOR):
        return _NO
    heading = candidate.statement.heading
    kind = answers.fit(wanted.asks, candidate.unit, heading)
    if candidate.unit.done and _asks_by_name(wanted, candidate):
        kind = max(kind, DONE)
    if aspect >= NAMED_ABOVE and wanted.asks and _section_names(wanted, candidate):
        kind = max(kind, TYPED if candidate.unit.kind in coverage.LISTED else BESIDE)
    presents = definitions.presents(wanted, candidate)
    kind = max(kind, presents)
    if inherited and (kind <= TYPED if wanted.asks else not _says_much(candidate)):
        aspect = 0.0
    if inherited and near < SUBJECT_FLOOR and candidate.unit.kind == "item":
        aspect = 0.0  # of a list of many things, each speaks for itself
    if inherited and aspect:
        near = far = NEAR_SUBJECT
    typed = bool(wanted.bare) and (answers.fit(wanted.bare, candidate.unit, heading) > TYPED or kind == DONE)
    answering = presents or (
        _answers(wanted, candidate, aspect, kind, near, typed) and _names_all(corpus, wanted, candidate)
    )
    if not answering:
        return _besides(corpus, wanted, candidate, near, aspect)
    value = (
        _blend(wanted, aspect, kind, near, far) + _opening(wanted, candidate) + _company(wanted, candidate)
    )
    return _Mark(
        doubts.apart(corpus, wanted, candidate, inherited=inherited) * candidate.quality * value, True, near
    )


def _besides(corpus: Corpus, wanted: Need, candidate: Candidate, near: float, aspect: float) -> _Mark:
    """What a statement is worth that is no answer."""
    if _points_at(corpus, wanted, candidate):
        return _Mark(POINTER * near, False)
    touches = (near >= NEAR_MISS or aspect >= ASPECT_FLOOR) and _tells(candidate)
    return _Mark((0.5 * near + BESIDES * aspect) * candidate.quality, False) if touches else _NO


def _names_all(corpus: Corpus, wanted: Need, candidate: Candidate) -> bool:
    """Whether what an answer must name is named by a statement, its heading, what introduces it, or its paragraph; of "why",
    a reason."""
    if ("left" in wanted.asks and candidate.unit.done) or "kept" in wanted.asks:
        return False
    if wanted.bare >= REASON and not answers.fit(REASON, candidate.unit, candidate.statement.heading):
        return False
    here = candidate.statement
    around = [each for each in (here.section, here.intro, here.paragraph) if each]
    return all(
        corpus.own(term)[candidate.number] > 0 or any(corpus.strength(term, each) > 0 for each in around)
        for term in wanted.must
    )


def _section_names(wanted: Need, candidate: Candidate) -> bool:
    return all(candidate.statement.section.match(term) >= FULL_MATCH for term in wanted.terms[-1:])


def _asks_by_name(wanted: Need, candidate: Candidate) -> bool:
    """Whether the very section is asked for: 宿題 are all that stand under that heading, done or not."""
    return (
        "todo" in wanted.asks
        and "left" not in wanted.asks
        and any(term.text in candidate.statement.section.folded for term in wanted.terms)
    )


def _covered(corpus: Corpus, wanted: Need, candidate: Candidate, aspect: float, *, inherited: bool) -> float:
    """The subject where the statement itself is silent on it: its whole note is, or what is asked names its own."""
    whole = coverage.in_note(corpus, wanted, candidate) if inherited else 0.0
    own = [term for term in wanted.terms if not vocabulary.is_aspect(term.text)]
    several = len(own) >= OWN_TERMS
    return max(whole, SUBJECT_FLOOR if several and aspect >= WHOLE_LABEL else 0.0)


def _says_much(candidate: Candidate) -> bool:
    """Whether a statement tells something that its note's title promises: a row, a point, a figure; no open question."""
    if answers.unknown(candidate.statement.heading):
        return False
    quote = candidate.unit.quote
    return (
        candidate.unit.kind in {"row", "item", "step"}
        or answers.answers("quantity", quote)
        or answers.answers("amount", quote)
    )


def _company(wanted: Need, candidate: Candidate) -> float:
    """A little more where neighbouring words stand too ("save" beside "money"), or the title names the point."""
    near = {word for term in wanted.terms for word in vocabulary.neighbours(term.text)}
    beside = sum(candidate.statement.reading.match(text.term(word)) > 0 for word in near)
    titled = any(candidate.statement.context.title.match(term) > 0 for term in wanted.terms)
    return min(0.1, 0.05 * beside + 0.04 * titled)


def _opening(wanted: Need, candidate: Candidate) -> float:
    """A little more for what opens a note or was emphasised by its writer, and for a statement, a definition above all, that begins with its subject."""
    bonus = 0.03 if candidate.unit.paragraph <= 1 and candidate.unit.kind == "sentence" else 0.0
    bonus += EMPHASIS * ("**" in candidate.unit.quote or "==" in candidate.unit.quote)
    if not wanted.subject:
        return bonus
    opening = Reading(
        candidate.unit.quote[:OPENING]
        if not text.is_japanese(candidate.unit.quote)
        else candidate.unit.quote[: OPENING // 2]
    )
    begins = sum(opening.match(term) for term in wanted.subject) / len(wanted.subject)
    if "what" in wanted.bare and definitions.defines(wanted, candidate):
        bonus += DEFINES
    return bonus + (0.12 if "what" in wanted.asks else 0.06) * begins


def _points_at(corpus: Corpus, wanted: Need, candidate: Candidate) -> bool:
    """Whether a property names the whole subject: a place, an author, a project that a note belongs to."""
    named = candidate.unit.kind == "property" and not definitions.ABOUT_THE_FILE.match(candidate.unit.quote)
    proper = [term for term in wanted.subject if not vocabulary.synonyms(term.text)]
    return named and bool(proper) and all(corpus.own(term)[candidate.number] >= FULL_MATCH for term in proper)


def _tells(candidate: Candidate) -> bool:
    quote = candidate.unit.quote
    return (
        len(quote) * (2 if text.is_japanese(quote) else 1) >= NEAR_LENGTH
        and candidate.unit.kind != "property"
    )


def _answers(
    wanted: Need, candidate: Candidate, aspect: float, kind: float, near: float, typed: bool
) -> bool:
    if candidate.unit.kind == "property":
        plain = all(vocabulary.bare_asks_in(term.text) for term in wanted.terms)
        told = near >= OF_NOTE and (aspect >= 0.9 or (kind > 0.5 and (plain or aspect >= ASPECT_FLOOR)))
        return told or (near >= OF_PROPERTY and aspect >= NAMED_BY_PROPERTY)
    if answers.contradicted(wanted.asks, candidate.statement.heading):
        return False
    if candidate.unit.kind == "heading":
        return "when" in wanted.bare and kind > 0.5 and near >= OWN_SUBJECT
    if (
        typed
        and near >= NEAR_SUBJECT
        and "what" not in wanted.bare
        and (aspect > 0 or not _of_a_point(wanted))
    ):
        return True
    if wanted.terms:
        return aspect >= ASPECT_FLOOR
    if near >= OF_NOTE and definitions.OVERVIEW.fullmatch(wanted.label) and _tells(candidate):
        return True  # whatever the note that is called so tells
    if "what" in wanted.bare:
        return near >= OWN_SUBJECT and (kind > 0.5 or definitions.defines(wanted, candidate))
    return near >= NEAR_SUBJECT and (not wanted.bare or kind > 0.5)


def _of_a_point(wanted: Need) -> bool:
    """Whether who, when or where is asked of a point of the subject: 「ターゲットは誰」 is no question of who does it."""
    return any(
        vocabulary.is_aspect(term.text) and not vocabulary.bare_asks_in(term.text) for term in wanted.terms
    )


def _blend(wanted: Need, aspect: float, kind: float, near: float, far: float) -> float:
    about = 0.6 * near + 0.4 * far
    if wanted.terms and wanted.asks:
        return 0.45 * aspect + 0.3 * kind + 0.25 * about
    if wanted.terms:
        return 0.65 * aspect + 0.35 * about
    return 0.45 * kind + 0.55 * about if wanted.asks else about
