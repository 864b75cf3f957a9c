"""Things set side by side: one row a point, one column a thing, a quotation or "unconfirmed" in each cell."""

from collections.abc import Sequence

from ai_integration.builtin import answers, display, text
from ai_integration.builtin.extracts import Extract
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms import report
from ai_integration.builtin.forms.page import Page, clean
from ai_integration.builtin.text import FULL_MATCH, Reading

CELL = 140


def compose(page: Page, found: Sequence[Finding]) -> None:
    """A table of the pairs, the statements that compare directly, the rest as details. Without things, a plain report."""
    pairs = [finding for finding in found if finding.need.thing]
    things = list(dict.fromkeys(finding.need.thing for finding in pairs))
    if len(things) < 2:
        _single(page, found)
        return
    page.heading(2, page.say("conclusion"))
    page.tell("compared", total=len(pairs), found=sum(finding.met for finding in pairs))
    contrast = _contrasts(pairs, things)
    page.gap()
    page.tell("contrast_intro" if contrast else "no_contrast")
    page.gap()
    page.bullets(contrast)
    page.gap()
    shown = _table(page, pairs, things)
    _details(page, pairs, things, [*shown, *contrast])
    others = [finding for finding in found if not finding.need.thing]
    for finding in others:
        page.heading(3, clean(finding.label))
        report.write_finding(page, finding)


def _single(page: Page, found: Sequence[Finding]) -> None:
    """One column: the point and what is said about it."""
    page.line(f"| {page.say('table_point')} | {clean(page.topic)} |")
    page.line("|---|---|")
    rest = []
    for finding in found:
        cell = (
            page.value(finding.extracts[:2])
            if finding.extracts
            else finding.told or page.say("not_found_short")
        )
        page.line(f"| {clean(finding.label)} | {cell} |")
        rest += finding.extracts[2:]
    page.gap()
    page.bullets(rest)


def _contrasts(pairs: Sequence[Finding], things: Sequence[str]) -> list[Extract]:
    """Statements that name two of the things, or compare in so many words."""
    names = [text.fold(thing) for thing in things]
    found: dict[tuple[str, str], Extract] = {}
    for finding in pairs:
        for extract in finding.extracts:
            folded = text.fold(extract.quote)
            if sum(name in folded for name in names) >= 2 and answers.answers("contrast", folded):
                found.setdefault((extract.ref, extract.quote), extract)
    return list(found.values())[:3]


def _table(page: Page, pairs: Sequence[Finding], things: Sequence[str]) -> list[Extract]:
    labels = list(dict.fromkeys(finding.label for finding in pairs))
    where = {(finding.label, finding.need.thing): finding for finding in pairs}
    page.line(f"| {page.say('table_point')} | {' | '.join(clean(thing) for thing in things)} |")
    page.line("|---" * (len(things) + 1) + "|")
    shown: list[Extract] = []
    for label in labels:
        cells = []
        for thing in things:
            finding = where.get((label, thing))
            best = _best(finding)
            shown += [best] if best else []
            cells.append(_cell(page, best, finding) if best and finding else page.say("not_found_short"))
        page.line(f"| {clean(label)} | {' | '.join(cells)} |")
    page.cited += shown
    return shown


def _best(finding: Finding | None) -> Extract | None:
    extracts = finding.extracts if finding else []
    return max(
        extracts,
        key=lambda extract: (not extract.quote.rstrip().endswith((":", "：")), extract.score),
        default=None,
    )


def _cell(page: Page, extract: Extract, finding: Finding) -> str:
    shown = _column(extract, finding) or extract.shown
    return page.say("statement", quote=page.say("quoted", quote=text.clip(shown, CELL)), ref=extract.ref)


def _column(extract: Extract, finding: Finding) -> str:
    """Of a row that has a column for the point, only that column's cell."""
    for name, cell in zip(extract.unit.columns, display.cells(extract.quote), strict=False):
        if cell and any(Reading(name).match(term) >= FULL_MATCH for term in finding.need.terms):
            return display.shown(cell)
    return ""


def _details(page: Page, pairs: Sequence[Finding], things: Sequence[str], shown: Sequence[Extract]) -> None:
    said = {(extract.ref, extract.quote) for extract in shown if len(extract.shown) <= CELL}
    rest = {thing: _remaining(pairs, thing, said) for thing in things}
    if any(rest.values()):
        page.heading(2, page.say("details"))
    for thing, extracts in rest.items():
        if extracts:
            page.heading(3, clean(thing))
            page.bullets(extracts)


def _remaining(pairs: Sequence[Finding], thing: str, said: set[tuple[str, str]]) -> list[Extract]:
    rest: dict[tuple[str, str], Extract] = {}
    for finding in pairs:
        for extract in finding.extracts if finding.need.thing == thing else ():
            if (extract.ref, extract.quote) not in said:
                rest.setdefault((extract.ref, extract.quote), extract)
    return list(rest.values())
