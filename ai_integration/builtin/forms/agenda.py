"""What is to be done, by when it is due: a table for each stretch of time."""

from collections.abc import Sequence

from ai_integration.builtin import actions, agenda
from ai_integration.builtin.extracts import Extract
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms import report
from ai_integration.builtin.forms.page import Page, name_of

MOST_ROWS = 80
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
        page.heading(2, name_of(page, finding))
        if not finding.extracts:
            page.tell("agenda_none")
        elif left:
            rows(page, finding.extracts[:left])
        if rest := len(finding.extracts[left:]):
            page.gap()
            page.tell("agenda_rest", count=rest)
        left = max(0, left - len(finding.extracts))
    if len({extract.place[:2] for finding in found for extract in finding.extracts}) >= MANY_PLACES:
        page.gap()
        page.tell("agenda_many")


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
