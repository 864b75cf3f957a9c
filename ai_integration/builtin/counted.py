"""「3つ抜き出して」: how many are asked for, and the neighbours in their list that make up the number."""

import re

from ai_integration.builtin.extracts import Extract
from ai_integration.builtin.ranking import Corpus
from ai_integration.builtin.units import Unit

MOST = 12
NEIGHBOUR = 0.7  # of the score of the one it stands beside
_NUMBERS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_WISH = re.compile(
    r"([0-9０-９一二三四五]{1,2})(?:つ|点|個|件|項目)(?:ほど|くらい)?(?:を)?(?:抜き出|挙げ|選|書き出|教え|示|まとめ|出し|探し)"
    r"|\b(?:give|list|name|find|pick|quote|extract|show)\s+(?:me\s+)?(?:the\s+)?(\d{1,2}|two|three|four|five|six)\s+\w+",
    re.IGNORECASE,
)


def asked_for(requirement: str) -> int:
    """How many answers are wished for; 0 where nothing is said of that."""
    found = _WISH.search(requirement)
    said = (found[1] or found[2]).lower() if found else ""
    number = _NUMBERS.get(said) or (int(said) if said.isdecimal() else 0)
    return min(number, MOST)


def made_up(corpus: Corpus, found: list[Extract], number: int) -> list[Extract]:
    """`found`, and where it is a point of a list and too little, the other points of that list."""
    lead = found[0] if found else None
    if lead is None or len(found) >= number or lead.unit.kind not in {"item", "step"}:
        return found
    known = {(extract.ref, extract.unit.start) for extract in found}
    beside = [
        Extract(each.unit, lead.score * NEIGHBOUR)
        for each in corpus.candidates
        if each.quality > 0
        and _stands_beside(each.unit, lead.unit)
        and (each.unit.passage.ref, each.unit.start) not in known
    ]
    return [*found, *beside[: number - len(found)]]


def _stands_beside(one: Unit, other: Unit) -> bool:
    return (one.passage, one.section, one.kind) == (other.passage, other.section, other.kind)
