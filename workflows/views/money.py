"""予算・利用: what was spent, and how much may be."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from ai_integration import services
from ai_integration.contexts import usage_file
from ai_integration.selectors import budget_get
from foundation.core.errors import NotFound
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from workflows.contexts.money import budgets_page, usage_page
from workflows.forms_money import BudgetForm

USUAL_DAYS, MOST_DAYS = 30, 366


@page()
def usage(request: HttpRequest) -> HttpResponse:
    return show(request, "workflows/usage.html", {"at": usage_page(request.user, **_days(request))})


@page()
def usage_csv(request: HttpRequest) -> HttpResponse:
    return usage_file(request.user, **_days(request))


@page(*BOTH)
def budgets(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return show(request, "workflows/budgets.html", {"at": budgets_page(request.user)})
    form = BudgetForm(request.user, request.POST)
    if form.is_valid() and form.save():
        messages.success(request, _("Saved. Whatever waited for it tries again."))
        return see_other(reverse("budgets"))
    response = show(request, "workflows/budgets.html", {"at": budgets_page(request.user, form)})
    response.status_code = 422
    return response


@page(*WRITE)
def budget_remove(request: HttpRequest, pk: str) -> HttpResponse:
    found = budget_get(request.user, pk)
    if found is None:
        raise NotFound
    carry_out(request, lambda: services.budget_remove(request.user, found), _("Removed."))
    return see_other(reverse("budgets"))


def _days(request: HttpRequest) -> dict[str, Any]:
    """What was asked for, or the last 30 days; nonsense is what was not asked for."""
    until = _day(request.GET.get("to")) or timezone.localdate(timezone=timezone.get_default_timezone())
    since = _day(request.GET.get("from")) or until - timedelta(days=USUAL_DAYS - 1)
    if not timedelta(0) <= until - since < timedelta(days=MOST_DAYS):
        since = until - timedelta(days=USUAL_DAYS - 1)
    return {"since": since, "until": until}


def _day(text: str | None) -> date | None:
    try:
        found = parse_date(text or "")
    except ValueError:
        return None
    return found if found and date(2000, 1, 1) < found < date(2999, 1, 1) else None
