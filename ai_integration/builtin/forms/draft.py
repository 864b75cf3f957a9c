"""A draft to be finished by a person: confirmed statements in place, blanks where facts are missing."""

from collections.abc import Sequence

from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms.page import Page, name_of

FIELDS = {"announcement": "announce", "letter": "letter"}
"""Kinds that are fields between an opening and a closing, and whose words those are."""
IN_LINE = 2


def compose(page: Page, found: Sequence[Finding]) -> None:
    """An announcement or a letter has fields, any other document has sections."""
    page.tell("draft_note")
    page.gap()
    if page.kind in FIELDS:
        _fields(page, found, FIELDS[page.kind])
    else:
        _document(page, found)


def _fields(page: Page, found: Sequence[Finding], words: str) -> None:
    page.tell(f"{words}_subject", topic=page.topic)
    page.gap()
    page.tell(f"{words}_opening", topic=page.topic)
    page.gap()
    for finding in found:
        page.tell("field", label=name_of(page, finding), value=_value(page, finding))
    page.gap()
    page.tell(f"{words}_closing")


def _value(page: Page, finding: Finding) -> str:
    told = page.say("statement_told", quote=finding.told) if finding.told else ""
    shown = page.value(finding.extracts[:IN_LINE]) if finding.extracts else ""
    return " ／ ".join(part for part in (told, shown) if part) or page.say(
        "blank", label=name_of(page, finding)
    )


def _document(page: Page, found: Sequence[Finding]) -> None:
    for finding in found:
        page.heading(2, name_of(page, finding))
        if finding.told:
            page.tell("statement_told", quote=finding.told)
        if finding.extracts:
            page.statements(finding.extracts)
        elif not finding.told:
            page.line(page.say("blank", label=name_of(page, finding)))
