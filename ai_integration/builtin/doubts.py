"""What tells against a statement although it answers: another question's section, an option, another time."""

import re

from ai_integration.builtin import answers
from ai_integration.builtin.coverage import Candidate, Corpus
from ai_integration.builtin.criteria import Need
from ai_integration.builtin.text import FULL_MATCH

ELSEWHERE = 0.55
TENTATIVE = 0.75
FOR_SURE = 1.15
# An option that was weighed is not what was settled on.
_TENTATIVE = re.compile(r"案\s?[A-ZＡ-Ｚ0-9]|仮の|代案|\b(?:option|alternative) [A-Z0-9]\b|\btentative")
_OTHER_TIME = re.compile(
    r"\W*(?:次回|前回|昨年|去年|next (?:meeting|time)|last (?:meeting|year))", re.IGNORECASE
)
_OCCASION = re.compile(
    r"会期|開催(?:日|期間)|日時\s*[:：は]|に開催|\bevent_?date\b|\b(?:held|takes? place) (?:on|from)\b",
    re.IGNORECASE,
)
_SCHEDULE = re.compile(r"日程|スケジュール|期限|締切|schedule|timeline|deadline|due", re.IGNORECASE)


def apart(corpus: Corpus, wanted: Need, candidate: Candidate, *, inherited: bool) -> float:
    """By how much a statement is worth less, or a little more, 0 and up."""
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


def _belongs_elsewhere(wanted: Need, candidate: Candidate) -> bool:
    """Whether a unit stands under a heading that names another of the requirement's questions, and not this one."""
    if not wanted.elsewhere or not wanted.terms:
        return False
    here = any(candidate.statement.section.match(term) for term in wanted.terms)
    return not here and any(
        candidate.statement.section.match(term) >= FULL_MATCH for term in wanted.elsewhere
    )
