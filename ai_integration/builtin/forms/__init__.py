"""The forms a result can have, and which one an item asks for."""

from collections.abc import Callable, Sequence

from ai_integration.builtin import text, vocabulary
from ai_integration.builtin.findings import Finding
from ai_integration.builtin.forms import agenda, checklist, draft, minutes, report, table
from ai_integration.builtin.forms.page import Page
from ai_integration.jobs import PlanItem

Compose = Callable[[Page, Sequence[Finding]], None]
COMPOSERS: dict[str, Compose] = {
    "agenda": agenda.compose,
    "findings": report.compose_findings,
    "report": report.compose,
    "table": table.compose,
    "checklist": checklist.compose,
    "draft": draft.compose,
    "minutes": minutes.compose,
}


def form_of(item: PlanItem, comments: Sequence[str] = ()) -> str:
    """The form that comments, instructions or title name; otherwise a report of inputs, or plain findings."""
    for wording in ("\n".join(comments), f"{item.instructions}\n{item.title}"):
        folded = text.fold(wording)
        for name, form in vocabulary.forms().items():
            if any(
                text.fold(word) in folded for word in (*form.ja, *form.en, form.marker.ja, form.marker.en)
            ):
                return name
    return "report" if item.depends_on else "findings"


def compose(form: str, page: Page, found: Sequence[Finding]) -> str:
    """The Markdown body of the findings in that form."""
    COMPOSERS[form](page, found)
    return page.text()
