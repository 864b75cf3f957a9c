"""Whether an acceptance criterion is met by what a result says and cites.

The author and the reviewer use the same checks; the reviewer makes them again on its own.
"""

import re
from collections.abc import Sequence
from functools import cache

from ai_integration.builtin import answers, comment, criteria, definitions, text, vocabulary
from ai_integration.builtin.coverage import alternatives, strength
from ai_integration.builtin.criteria import Criterion, Need
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.text import Reading, Term
from ai_integration.jobs import Citation, Evidence, Passage

_HEADING = re.compile(r"^#{1,6}\s", re.MULTILINE)
_TABLE = re.compile(r"^\|[-|: ]+\|\s*$", re.MULTILINE)
_CONCLUSION = re.compile(r"結論|要点|まとめ|回答|conclusion|key point|summary|answer", re.IGNORECASE)
_CITED = re.compile(r"\[[^\[\]\s]{1,60}\](?!\()")
_MARKUP = re.compile(r"^[\s>#|*+-]+|\d+[.)]\s+|[*_`|]+")
_BULLET = re.compile(r"^\s*(?:-\s+)?(?:\[.\]\s+)?")
_OWN_GAP = re.compile(
    r"未確認|見つかりません|要確認|not found|unconfirmed|hold nothing|none is recorded|to confirm|nothing was found|no answer",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\{\w+\}|\W")
CLAIM_LENGTH = 24
OWN_LETTERS = 6


def of_work(
    line: str,
    found: Sequence[Finding],
    body: str,
    citations: Sequence[Citation],
    passages: Sequence[Passage],
    gaps: Sequence[str],
    tongue: str,
) -> Evidence:
    """The author's own evidence for one criterion."""
    criterion = criteria.read(line)
    if criterion.kind != "answer":
        met, note = of_form(criterion, body, citations, passages, gaps, tongue)
        return Evidence(criterion=line, met=met, note=note)
    finding = next((finding for finding in found if finding.need.criterion == line), None)
    if finding and finding.extracts:
        return Evidence(
            criterion=line, met=True, note=vocabulary.say("evidence_met", tongue, refs=refs(finding))
        )
    if finding and finding.told:
        return Evidence(criterion=line, met=True, note=vocabulary.say("evidence_told", tongue))
    return Evidence(criterion=line, met=False, note=vocabulary.say("evidence_unmet", tongue))


def refs(finding: Finding) -> str:
    return " ".join(f"[{ref}]" for ref in dict.fromkeys(extract.ref for extract in finding.extracts))


def of_form(
    criterion: Criterion,
    body: str,
    citations: Sequence[Citation],
    passages: Sequence[Passage],
    gaps: Sequence[str],
    tongue: str,
) -> tuple[bool, str]:
    """Whether a criterion on the text itself is met, and why."""
    if criterion.kind == "sources":
        notes = {
            passage.note for passage in passages for citation in citations if passage.ref == citation.ref
        }
        return len(notes) >= criterion.count, vocabulary.say("evidence_sources", tongue, count=len(notes))
    if criterion.kind == "cited":
        bare = uncited(body)
        return not bare, vocabulary.say(
            "evidence_uncited" if bare else "evidence_cited", tongue, quote=text.clip(bare, 80)
        )
    if criterion.kind == "gaps":
        return True, vocabulary.say("evidence_gaps" if gaps else "evidence_no_gaps", tongue, count=len(gaps))
    if criterion.kind == "style":
        followed = comment.style_of(criterion.text) in {"short", "long"} or (
            comment.style_of(criterion.text) == "table" and _TABLE.search(body) is not None
        )
        return followed, vocabulary.say("evidence_style" if followed else "evidence_no_style", tongue)
    met = _has_form(criterion.kind, body, gaps)
    return met, vocabulary.say("evidence_form" if met else "evidence_no_form", tongue)


def _has_form(kind: str, body: str, gaps: Sequence[str]) -> bool:
    if kind == "lead":
        return _CONCLUSION.search(body[:200]) is not None
    if kind == "table":
        return _TABLE.search(body) is not None
    if kind == "blanks":
        return "【" in body or not gaps
    return len(_HEADING.findall(body)) >= 3


def uncited(body: str) -> str:
    """The first statement of the body that names no source and is not the secretary's own sentence, or nothing."""
    lines = body.splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        plain = _MARKUP.sub("", line).strip()
        if (
            _TABLE.match(below)
            or len(plain) < CLAIM_LENGTH
            or line.lstrip().startswith("#")
            or _CITED.search(line)
            or _OWN_GAP.search(line)
        ):
            continue
        if not plain.endswith((":", "：")) and not is_own(_BULLET.sub("", line)):
            return plain
    return ""


@cache
def _own_sentences() -> tuple[re.Pattern[str], ...]:
    every = (
        _BULLET.sub("", sentence) for both in vocabulary.wording().values() for sentence in (both.ja, both.en)
    )
    telling = [sentence for sentence in every if len(_BLANKS.sub("", sentence)) >= OWN_LETTERS]
    return tuple(re.compile(re.sub(r"\\{\w+\\}", ".{0,400}", re.escape(sentence))) for sentence in telling)


def is_own(line: str) -> bool:
    """Whether a line is one of the secretary's own sentences with its blanks filled in."""
    return any(pattern.fullmatch(line.strip()) for pattern in _own_sentences())


def supports(need: Need, citation: Citation, passage: Passage) -> bool:
    """Whether a cited statement, read with its heading and title, is about the need and of the kind it asks for."""
    quote = Reading(citation.quote)
    around = Reading(
        f"{passage.title} {passage.heading} {passage.note} {_section(passage.text, citation.quote)}"
    )
    whole = Reading(passage.text)
    title = Reading(f"{passage.title} {passage.heading}")
    # 競合調査メモ is on 競合 as a whole; that it is about the subject its other passages say.
    called = bool(need.terms) and not need.thing and all(_holds(term, title) for term in need.terms)
    if need.subject and not called and not any(_holds(term, quote, around, whole) for term in need.subject):
        return False
    if definitions.tells(need, citation.quote, Reading(passage.title)):
        return True
    if need.terms and any(_holds(term, quote, around) for term in need.terms):
        return True
    asks = need.bare if need.terms else need.asks
    typed = any(answers.answers(ask, citation.quote) or _typed_by_key(ask, citation.quote) for ask in asks)
    return typed or (not need.terms and not need.bare) or _listed(need, passage.text, citation.quote)


def _holds(term: Term, *readings: Reading) -> bool:
    others = alternatives(term)
    return any(strength(term, others, reading) >= 0.4 for reading in readings)


def _typed_by_key(ask: str, quote: str) -> bool:
    key = answers.PROPERTY_KEYS.get(ask)
    return key is not None and ":" in quote and key.search(quote.partition(":")[0]) is not None


def _listed(need: Need, content: str, quote: str) -> bool:
    """A step or a task answers "how" or "to do" by being one, an open task what is left."""
    at = content.find(quote)
    marker = content[content.rfind("\n", 0, at) + 1 : at]
    step = re.search(r"\d[.)]\s*$", marker) is not None
    task = "[ ]" if "left" in need.asks else "["
    return ("how" in need.asks and step) or (bool(need.asks & {"todo", "left"}) and task in marker)


def _section(content: str, quote: str) -> str:
    """The last heading above the quote and the line that introduces its list."""
    above = content[: max(0, content.find(quote))].splitlines()
    heading = next((line for line in reversed(above) if line.startswith("#")), "")
    intro = next((line for line in reversed(above) if line.rstrip().endswith((":", "：", "。"))), "")
    columns = ""
    for line in reversed(above) if quote.lstrip().startswith("|") else ():
        if "|" not in line:
            break
        columns = line
    return f"{heading} {intro} {columns}"
