"""A checklist: each point settled with its source, or open."""

from collections.abc import Sequence

from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms.page import Page, name_of
from ai_integration.builtin.forms.report import related

LONG_LIST = 2


def compose(page: Page, found: Sequence[Finding]) -> None:
    """Short answers stand in their line, longer lists below it."""
    page.heading(2, page.topic)
    page.tell("established", total=len(found), found=sum(finding.met for finding in found))
    page.gap()
    longer = [finding for finding in found if not _write(page, finding)]
    for finding in longer:
        page.heading(3, name_of(page, finding))
        page.bullets(finding.extracts)
    related(page, found)


def _write(page: Page, finding: Finding) -> bool:
    """Write the point's line; whether everything found fitted into it."""
    label = name_of(page, finding)
    told = page.say("statement_told", quote=page.say("quoted", quote=finding.told)) if finding.told else ""
    if not finding.met:
        page.tell(
            "check_past" if finding.past else "check_open", label=label, value=page.value(finding.past[:1])
        )
        return True
    fits = len(finding.extracts) <= LONG_LIST
    shown = page.value(finding.extracts) if fits and finding.extracts else ""
    below = "" if fits else page.say("point_list_value", count=len(finding.extracts))
    past = page.say("reference", value=page.value(finding.past[:1])) if finding.past else ""
    page.tell(
        "check_done", label=label, value=" ／ ".join(part for part in (told, shown, below, past) if part)
    )
    return fits
