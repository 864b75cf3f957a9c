"""What was spent, on what, and how the budgets stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ai_integration.contexts import Bar, Plot, plot, ranked
from ai_integration.models import CallRecord
from ai_integration.selectors import budgets, calls, model_label, setup, standings, usage
from workflows.forms_money import BudgetForm
from workflows.selectors import discussions, workflows

LATEST = 12
SPANS = (7, 30, 90)


@dataclass(frozen=True)
class Ranking:
    """One list of the largest: by persona, model or workflow."""

    title: str
    bars: Sequence[Bar]


@dataclass(frozen=True)
class UsagePage:
    totals: dict[str, Any]
    since: date
    until: date
    days: int
    spans: Sequence[int]
    plot: Plot
    rankings: Sequence[Ranking]
    latest: Sequence[CallRecord]
    rate: Any
    near: Sequence[Any]


@dataclass(frozen=True)
class BudgetsPage:
    standings: Sequence[Any]
    form: BudgetForm | None
    rate: Any


def usage_page(user: Any, *, since: date, until: date) -> UsagePage:
    found = usage(user, since=since, until=until)
    drawn = plot(found)
    works, talks = _works(user, [row["workflow"] for row in found["by_workflow"] if row["workflow"]])

    def work(row: dict[str, Any]) -> str:
        pk = row["workflow"]
        return works.get(pk) or talks.get(pk) or (_("deleted") if pk else _("other work"))

    def there(row: dict[str, Any]) -> str:
        pk = row["workflow"]
        return (
            reverse("workflow", args=[pk])
            if pk in works
            else reverse("discussion", args=[pk])
            if pk in talks
            else ""
        )

    rankings = [
        Ranking(_("By secretary"), ranked(found["by_persona"], _persona, money=drawn.money)),
        Ranking(_("By model"), ranked(found["by_model"], _model, money=drawn.money)),
        Ranking(_("By workflow"), ranked(found["by_workflow"], work, money=drawn.money, link=there)),
    ]
    near = [each for each in standings(list(budgets(user)[:50])) if each.percent >= each.budget.warn_at]
    return UsagePage(
        found["totals"], since, until, (until - since).days + 1, SPANS, drawn, rankings,
        list(calls(user).defer("context", "answer")[:LATEST]), setup().rate, near,
    )  # fmt: skip


def budgets_page(user: Any, form: BudgetForm | None = None) -> BudgetsPage:
    """`form` is one that was not accepted: it is shown in the place of a fresh one."""
    may = user.is_superuser or "budget:change" in user.permission_codes
    shown = form or (BudgetForm(user) if may else None)
    return BudgetsPage(standings(list(budgets(user)[:200])), shown, setup().rate)


def _works(user: Any, wanted: Sequence[UUID]) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """Titles of those that are workflows, and of those that are discussions."""
    works = dict(workflows(user).filter(pk__in=wanted).values_list("pk", "title"))
    return works, {row.pk: str(row) for row in discussions(user).filter(pk__in=wanted)}


def _persona(row: dict[str, Any]) -> str:
    return row["persona"] or _("nobody")


def _model(row: dict[str, Any]) -> str:
    language = "ja" if (get_language() or "").startswith("ja") else "en"
    return model_label(f"{row['provider']}:{row['model']}", language)
