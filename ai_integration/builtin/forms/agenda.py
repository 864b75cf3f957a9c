"""What is to be done, by when it is due: a table for each stretch of time."""

from collections.abc import Sequence

from ai_integration.builtin import actions, agenda
from ai_integration.builtin.extracts import Extract
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms import report
from ai_integration.builtin.forms.page import Page, name_of

MOST_ROWS, MOST_LATER = 80, 5
"""Rows in all; rows behind the time that is asked about, where one is."""

MANY_PLACES = 40
"""So many places with open tasks are handed to whoever works at most: there may be more."""


def compose(page: Page, found: Sequence[Finding]) -> None:
    total = sum(len(finding.extracts) for finding in found)
    if not total:
        page.tell(report.gap_key(found[0]), label=name_of(page, found[0]))
        return
    counted = [
        page.say("agenda_count", label=name_of(page, finding), count=len(finding.extracts))
        for finding in found
    ]
    page.tell("agenda_total", total=total, parts=page.say("listing").join(counted))
    left = MOST_ROWS
    for finding in found:
        left -= _part(page, finding, min(left, _most(page, finding)))
    if len({extract.place[:2] for finding in found for extract in finding.extracts}) >= MANY_PLACES:
        page.gap()
        page.tell("agenda_many")


def _most(page: Page, finding: Finding) -> int:
    is_later = finding.label == page.say("agenda_later")
    return MOST_LATER if is_later and agenda.time_asked(page.asked.text) != agenda.SOON else MOST_ROWS


def _part(page: Page, finding: Finding, most: int) -> int:
    """Write one stretch of time; how many rows it took."""
    page.heading(2, name_of(page, finding))
    shown, rest = finding.extracts[:most], finding.extracts[most:]
    if not finding.extracts:
        page.tell("agenda_none")
    if shown:
        rows(page, shown)
    if rest:
        page.gap()
        page.tell("agenda_rest", count=len(rest))
    return len(shown)


def rows(page: Page, extracts: Sequence[Extract]) -> None:
    """By when, what, who, where it stands. Someone who is not named stays blank."""
    page.tell("agenda_head")
    page.line("|---|---|---|---|")
    for extract in extracts:
        action = actions.read(extract)
        what = action.what.replace("|", "／")
        row = f"| {agenda.due_of(extract)} | {what} | {action.owner} | [{extract.ref}] |"
        if page.line(row):
            page.cited.append(extract)
