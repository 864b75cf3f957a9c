"""Findings point by point, and the report that puts the conclusion first."""

from collections.abc import Sequence

from ai_integration.builtin.extracts import Extract, in_lists
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms.page import Page, name_of, source_of

LEADING = 0.9
NEARLY = 0.9


def compose_findings(page: Page, found: Sequence[Finding]) -> None:
    """What the notes say on each point, or that they say nothing."""
    for finding in found:
        if len(found) > 1:
            page.heading(3, name_of(page, finding))
        write_finding(page, finding)


def write_finding(page: Page, finding: Finding) -> None:
    if finding.told:
        page.tell("told", quote=finding.told)
    if finding.extracts:
        page.bullets(finding.extracts)
    elif not finding.told:
        page.tell(gap_key(finding), label=name_of(page, finding))
    page.near(finding)


def gap_key(finding: Finding) -> str:
    """The sentence for a gap: nothing searched, nothing found, or only touched upon."""
    if not finding.searched:
        return "no_passages"
    if finding.past:
        return "past_only"
    return "near_only" if finding.near else "not_found"


def compose(page: Page, found: Sequence[Finding]) -> None:
    """Conclusion, details, what is unconfirmed. Nothing is quoted twice."""
    page.heading(2, page.say("conclusion"))
    if not any(finding.met for finding in found):
        page.tell("nothing", topic=page.topic)
        page.gap()
        page.tell("nothing_advice")
        related(page, found)
    else:
        rest = [(finding, _conclude(page, finding)) for finding in found]
        _details(page, [(finding, extracts) for finding, extracts in rest if extracts])
        related(page, found)


def _conclude(page: Page, finding: Finding) -> list[Extract]:
    """Write the strongest answer; what remains for the details is returned."""
    label = name_of(page, finding)
    if not finding.extracts:
        key = "point_told" if finding.told else "point_none"
        page.tell(key, label=label, quote=finding.told)
        return []
    parts = in_lists(finding.extracts)
    alone = [extract for extract in finding.extracts if extract not in parts]
    best = max(alone, key=_leading, default=None)
    if best is None or (parts and best.score < LEADING * max(extract.score for extract in parts)):
        page.tell("point_list", label=label, count=len(parts), ref=parts[0].ref)
        page.cited.append(parts[0])
        return finding.extracts
    rest = [extract for extract in finding.extracts if extract is not best]
    kind = "point_of" if best.unit.kind == "property" else "point"
    key = f"{kind}_more" if rest else kind
    page.tell(key, label=label, quote=best.shown, ref=best.ref, count=len(rest), source=source_of(best))
    page.cited.append(best)
    return rest


def _leading(extract: Extract) -> tuple[bool, float]:
    return not extract.quote.rstrip().endswith((":", "：")), extract.score


def _details(page: Page, rest: Sequence[tuple[Finding, list[Extract]]]) -> None:
    """What remains, by point. Points that are answered by nearly the same list share it."""
    shared: list[tuple[frozenset[str], list[tuple[Finding, list[Extract]]]]] = []
    for finding, extracts in rest:
        quotes = frozenset(extract.quote for extract in in_lists(extracts))
        known = next((group for other, group in shared if _nearly_same(quotes, other)), None)
        if known is None:
            shared.append((quotes, [(finding, extracts)]))
        else:
            known.append((finding, extracts))
    if rest:
        page.heading(2, page.say("details"))
    for _, together in shared:
        if len(shared) > 1 or not page.asked.topic:
            page.heading(3, page.say("and").join(name_of(page, finding) for finding, _ in together))
        page.bullets(_fresh([extract for _, extracts in together for extract in extracts], ()))


def _nearly_same(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and len(one & other) >= NEARLY * max(len(one), len(other))


def related(page: Page, found: Sequence[Finding]) -> None:
    """Statements on the subject that answer nothing, said to be so."""
    near = _fresh([extract for finding in found for extract in finding.near], page.cited)
    if near:
        page.heading(2, page.say("related"))
        page.tell("near_intro")
        page.gap()
        page.bullets(near[:4])


def _fresh(extracts: Sequence[Extract], cited: Sequence[Extract]) -> list[Extract]:
    seen = {(extract.unit.passage.note, extract.quote) for extract in cited}
    fresh = []
    for extract in extracts:
        key = (extract.unit.passage.note, extract.quote)
        if key not in seen:
            seen.add(key)
            fresh.append(extract)
    return fresh
