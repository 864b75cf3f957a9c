"""What a subject is: told by the note that bears its name, or by a sentence that says so of it."""

import re

from ai_integration.builtin import coverage, text
from ai_integration.builtin.coverage import Candidate
from ai_integration.builtin.criteria import Need
from ai_integration.builtin.text import FULL_MATCH, Reading

DEFINING = 80  # characters within which a definition names what it defines
OF_NAMESAKE, OF_OTHER, IN_VALUE = 1.0, 0.4, 0.1
PRESENTS = 0.8
ABOUT_THE_FILE = re.compile(
    rf"(?:title|alias(?:es)?|tags?|css\w*|publish|image|permalink|coordinates|{coverage.MADE}|last)\s*:",
    re.IGNORECASE,
)
_IS = re.compile(
    r"[」』）)]?\s*(?:とは|って|は|が|、|：|:|\(|（|,? (?:is|are|was|were|means?|refers?|has|have)\b)"
)
OVERVIEW = re.compile(r"概要|overview", re.IGNORECASE)


def _is_defined(wanted: Need) -> bool:
    """Whether it is asked what the subject is, and nothing of it."""
    return "what" in wanted.bare and all(OVERVIEW.fullmatch(term.text) for term in wanted.terms)


def presents(wanted: Need, candidate: Candidate) -> float:
    """How well a statement tells what the subject is because the subject's own note opens with it; 0 where it does not."""
    title, unit = candidate.statement.context.title, candidate.unit
    if not wanted.subject or not _is_defined(wanted):
        return 0.0
    if "kept" in wanted.asks:
        return OF_NAMESAKE if unit.kind == "property" and _names(wanted, candidate) else 0.0
    if any(title.match(each) < FULL_MATCH for each in wanted.subject):
        return IN_VALUE if unit.kind == "property" and _names(wanted, candidate) else 0.0
    called = coverage.is_called(wanted.subject, title)
    if unit.kind == "property":
        return 0.0 if ABOUT_THE_FILE.match(unit.quote) else OF_NAMESAKE if called else OF_OTHER
    if not called:
        return 0.0
    opens = not unit.passage.heading or text.fold(unit.passage.heading) == title.folded
    return PRESENTS if opens and unit.kind == "sentence" else 0.0


def tells(wanted: Need, quote: str, title: Reading) -> bool:
    """Whether a cited statement tells what the subject is, or what there is of it: the reviewer's side of `presents`."""
    if not wanted.subject or not _is_defined(wanted):
        return False
    reading = Reading(quote)
    named = ":" in quote and all(reading.match(each) >= FULL_MATCH for each in wanted.subject)
    if "kept" in wanted.asks:
        return named
    return named or all(title.match(each) >= FULL_MATCH for each in wanted.subject)


def _names(wanted: Need, candidate: Candidate) -> bool:
    """Whether a property of another note names the subject: what there is of that kind, or of that author."""
    reading = candidate.statement.reading
    told = not ABOUT_THE_FILE.match(candidate.unit.quote)
    return told and all(reading.match(each) >= FULL_MATCH for each in wanted.subject)


def defines(wanted: Need, candidate: Candidate) -> bool:
    """Whether a sentence says of its subject what it is: 「オリノは、…」, not 「オリノの納期は…」."""
    said = candidate.statement.reading.folded[:DEFINING]
    ends = [said.find(term.text) + len(term.text) for term in wanted.subject if term.text in said]
    listed = candidate.unit.kind in {"row", "task", "property"}
    return bool(ends) and not listed and _IS.match(said, max(ends)) is not None
