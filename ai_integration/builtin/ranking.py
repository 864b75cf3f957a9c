"""Which units of the passages answer a need: aspect, subject and type of answer, above a floor.

A unit that merely shares a common word must not be cited, so every unit has to be about the subject
(in its own words, its heading, its note's title or the text just before it) and to answer the aspect.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ai_integration.builtin import answers, coverage, text, vocabulary
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
DONE = 0.8
FOR_SURE = 1.15
EMPHASIS = 0.06
NEAR_SUBJECT = 0.6
OPENING = 40
OWN_SUBJECT = 0.85
ELSEWHERE = 0.55
TENTATIVE = 0.75
# An option that was weighed is not what was settled on.
_TENTATIVE = re.compile(r"案\s?[A-ZＡ-Ｚ0-9]|仮の|代案|\b(?:option|alternative) [A-Z0-9]\b|\btentative")
_OTHER_TIME = re.compile(
    r"\W*(?:次回|前回|昨年|去年|next (?:meeting|time)|last (?:meeting|year))", re.IGNORECASE
)
_OCCASION = re.compile(
    r"会期|開催(?:日|期間)|日時\s*[:：は]|に開催|\bevent_?date\b|\b(?:held|takes? place) (?:on|from)\b",
    re.IGNORECASE,
)
_OVERVIEW = re.compile(r"概要|overview", re.IGNORECASE)
_SCHEDULE = re.compile(r"日程|スケジュール|期限|締切|schedule|timeline|deadline|due", re.IGNORECASE)
NEAR_MISS = 0.75
NEAR_LENGTH = 24
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
    if inherited and (kind <= TYPED if wanted.asks else not _says_much(candidate)):
        aspect = 0.0
    if inherited and aspect:
        near = far = NEAR_SUBJECT
    typed = bool(wanted.bare) and (answers.fit(wanted.bare, candidate.unit, heading) > TYPED or kind == DONE)
    if not _answers(wanted, candidate, aspect, kind, near, typed):
        touches = near >= NEAR_MISS and _tells(candidate)
        return _Mark(0.5 * near * candidate.quality, False) if touches else _NO
    value = (
        _blend(wanted, aspect, kind, near, far) + _opening(wanted, candidate) + _company(wanted, candidate)
    )
    return _Mark(
        _apart(corpus, wanted, candidate, inherited=inherited) * candidate.quality * value, True, near
    )


def _section_names(wanted: Need, candidate: Candidate) -> bool:
    return all(candidate.statement.section.match(term) >= FULL_MATCH for term in wanted.terms[-1:])


def _asks_by_name(wanted: Need, candidate: Candidate) -> bool:
    """Whether the very section is asked for: 宿題 are all that stand under that heading, done or not."""
    return "todo" in wanted.asks and any(
        term.text in candidate.statement.section.folded for term in wanted.terms
    )


def _covered(corpus: Corpus, wanted: Need, candidate: Candidate, aspect: float, *, inherited: bool) -> float:
    """The subject where the statement itself is silent on it: its whole note is, or what is asked names its own."""
    whole = coverage.in_note(corpus, wanted, candidate) if inherited else 0.0
    own = SUBJECT_FLOOR if len(wanted.terms) >= OWN_TERMS and aspect >= WHOLE_LABEL else 0.0
    return max(whole, own)


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


def _apart(corpus: Corpus, wanted: Need, candidate: Candidate, *, inherited: bool) -> float:
    """What tells against a statement although it answers: another question's section, an option, another time."""
    factor = ELSEWHERE if not inherited and _belongs_elsewhere(wanted, candidate) else 1.0
    quote = candidate.unit.quote
    if _TENTATIVE.search(quote) and not _TENTATIVE.search(wanted.label):
        factor *= TENTATIVE
    if not wanted.asks & {"open", "left"} and _OTHER_TIME.match(quote):
        factor *= ELSEWHERE
    if "when" in wanted.bare and answers.sectioned(candidate.statement.heading) - wanted.asks:
        factor *= ELSEWHERE
    if "when" in wanted.bare and not _SCHEDULE.search(wanted.label):
        factor *= _occasion(corpus, wanted, candidate)
    return factor


def _occasion(corpus: Corpus, wanted: Need, candidate: Candidate) -> float:
    """When something takes place is not when its preparations are due."""
    if _OCCASION.search(candidate.unit.quote):
        return FOR_SURE
    own = max((corpus.own(term)[candidate.number] for term in wanted.subject), default=1.0)
    return ELSEWHERE if candidate.unit.kind in {"row", "task"} and own < FULL_MATCH else 1.0


def _company(wanted: Need, candidate: Candidate) -> float:
    """A little more where neighbouring words stand too ("save" beside "money"), or the title names the point."""
    near = {word for term in wanted.terms for word in vocabulary.neighbours(term.text)}
    beside = sum(candidate.statement.reading.match(text.term(word)) > 0 for word in near)
    titled = any(candidate.statement.context.title.match(term) > 0 for term in wanted.terms)
    return min(0.1, 0.05 * beside + 0.04 * titled)


def _belongs_elsewhere(wanted: Need, candidate: Candidate) -> bool:
    """Whether a unit stands under a heading that names another of the requirement's questions, and not this one."""
    if not wanted.elsewhere or not wanted.terms:
        return False
    here = any(candidate.statement.section.match(term) for term in wanted.terms)
    return not here and any(
        candidate.statement.section.match(term) >= FULL_MATCH for term in wanted.elsewhere
    )


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
    return bonus + (0.12 if "what" in wanted.asks else 0.06) * begins


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
        return near >= OF_NOTE and (aspect >= 0.9 or (kind > 0.5 and (plain or aspect >= ASPECT_FLOOR)))
    if answers.contradicted(wanted.asks, candidate.statement.heading):
        return False
    if candidate.unit.kind == "heading":
        return "when" in wanted.bare and kind > 0.5 and near >= OWN_SUBJECT
    if typed and near >= NEAR_SUBJECT and "what" not in wanted.bare:
        return True
    if wanted.terms:
        return aspect >= ASPECT_FLOOR
    if near >= OF_NOTE and _OVERVIEW.fullmatch(wanted.label) and _tells(candidate):
        return True  # whatever the note that is called so tells
    if "what" in wanted.bare:
        return near >= OWN_SUBJECT and (kind > 0.5 or _opening(wanted, candidate) >= 0.1)
    return near >= NEAR_SUBJECT and (not wanted.bare or kind > 0.5)


def _blend(wanted: Need, aspect: float, kind: float, near: float, far: float) -> float:
    about = 0.6 * near + 0.4 * far
    if wanted.terms and wanted.asks:
        return 0.45 * aspect + 0.3 * kind + 0.25 * about
    if wanted.terms:
        return 0.65 * aspect + 0.35 * about
    return 0.45 * kind + 0.55 * about if wanted.asks else about
