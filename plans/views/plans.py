"""The page of a plan, and the decisions on it."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.core.api.downloads import as_file
from foundation.core.errors import Conflict, Invalid
from foundation.core.pages import WRITE, carry_out, page, see_other, show
from foundation.core.permissions import fetch
from plans import selectors
from plans.contexts import PlanPage, plan_page
from plans.forms import COMMENT, OF_ITEM, DecideForm, HandOverForm, TemplateForm
from plans.history import as_csv
from plans.models import Plan
from plans.services import Decision, Origin, plan_submit, plan_withdraw, require_decision, template_save
from plans.states import WAITING

PLAN_PARTS = {"standing": "plans/standing.html"}


@page()
def plan(request: HttpRequest, pk: str) -> HttpResponse:
    at = plan_page(
        request.user, pk, number=_number(request.GET.get("version")), since=_number(request.GET.get("since"))
    )
    return _shown(request, _with_form(at))


@page(*WRITE)
def plan_decide(request: HttpRequest, pk: str) -> HttpResponse:
    """Decide on what was read. What changed meanwhile is shown, and nothing that was typed is lost."""
    found = fetch(selectors.plans(request.user), request.user, pk=pk)
    if request.POST.get("decision") != COMMENT:
        require_decision(request.user, found)
    items = found.current.content["items"] if found.current else []
    form = DecideForm(found, {item["key"]: item["title"] for item in items}, request.POST)
    if not form.is_valid():
        return _again(request, pk)
    if form.cleaned_data["decision"] == COMMENT:
        return _said(request, form, pk)
    try:
        decided = form.decide(request.user, origin_of(request))
    except (Conflict, Invalid) as error:
        if error.code in ("plan_changed", "invalid"):
            return _again(request, pk, error)
        messages.warning(request, str(error))
        return see_other(reverse("plan", args=[pk]))
    messages.success(request, _word(form.cleaned_data["decision"], decided))
    away = decided.subject_id and decided.status not in WAITING and decided.owner_id == request.user.pk
    return see_other(reverse("workflow", args=[decided.subject_id]) if away else reverse("plan", args=[pk]))


def _said(request: HttpRequest, form: DecideForm, pk: str) -> HttpResponse:
    def keep() -> None:
        if not form.say(request.user):
            raise Invalid(_("Write the comment first."))

    carry_out(request, keep, _("Kept. Nothing was decided."))
    return see_other(reverse("plan", args=[pk]))


def origin_of(request: HttpRequest) -> Origin:
    return Origin("page", request.META.get("REMOTE_ADDR") or None)


@page(*WRITE)
def plan_act(request: HttpRequest, pk: str, act: str) -> HttpResponse:
    """Submit or withdraw the plan, or keep it as a template."""
    found = fetch(selectors.plans(request.user), request.user, pk=pk)
    user = request.user
    name = request.POST.get("name", "")
    acts: dict[str, tuple[Callable[[], Any], str]] = {
        "submit": (lambda: plan_submit(user, found), _("Submitted.")),
        "withdraw": (lambda: plan_withdraw(user, found), _("Withdrawn.")),
        "template": (lambda: template_save(user, found, name=name), _("Kept as a template.")),
    }
    carry_out(request, *acts[act])
    return see_other(reverse("plan", args=[pk]))


@page()
def plan_history(request: HttpRequest, pk: str, form: str) -> HttpResponse:
    """Who decided what, as a file."""
    found = fetch(selectors.plans(request.user), request.user, pk=pk)
    rows = selectors.history_of(found)
    name = f"plan-{found.pk}.{form}"
    if form == "csv":
        return as_file(as_csv(rows), name=name, media_type="text/csv; charset=utf-8")
    text = json.dumps(rows, ensure_ascii=False, indent=2)
    return as_file(text.encode(), name=name, media_type="application/json")


def _again(request: HttpRequest, pk: str, error: Conflict | Invalid | None = None) -> HttpResponse:
    """The page as it is now, with the words that were typed."""
    stale = error is not None and error.code == "plan_changed"
    since = selectors.number_of(request.user, pk, request.POST.get("content_hash", "")) if stale else None
    at = plan_page(request.user, pk, since=since)
    at.stale = stale
    data = request.POST.copy()
    data["content_hash"] = at.version.content_hash
    data["comment"] = "\n".join([data.get("comment", ""), *_homeless(data, at)]).strip()
    _with_form(at, data)
    if error is not None and not stale:
        at.form.add_error("comment", " ".join(map(str, error.details.get("comment", [error]))))
    response = _shown(request, at)
    response.status_code = 409 if stale else 422
    return response


def _homeless(data: Any, at: PlanPage) -> list[str]:
    """Comments on items that the new version does not have any more."""
    known = {OF_ITEM + item.key for item in at.items}
    return [
        text for name, text in data.items() if name.startswith(OF_ITEM) and name not in known and text.strip()
    ]


def _with_form(at: PlanPage, data: Any = None) -> PlanPage:
    if not at.can_decide:
        return at
    titles = {item.key: item.title for item in at.items}
    at.form = DecideForm(at.plan, titles, data, initial={"content_hash": at.version.content_hash})
    at.items = [item.with_box(at.form.box(item.key)) for item in at.items]
    return at


def _shown(request: HttpRequest, at: PlanPage) -> HttpResponse:
    context = {"at": at, "plan": at.plan, "streams": at.streams}
    context |= {"hand_over": HandOverForm(), "template_form": TemplateForm()}
    return show(request, "plans/plan.html", context, PLAN_PARTS)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def _word(decision: str, plan: Plan) -> str:
    if plan.status in WAITING:
        return _("Your approval counts. Others are still missing.")
    return {
        Decision.APPROVE: _("Approved. The team begins."),
        Decision.REQUEST_CHANGES: _("Sent back. The team writes the next version along your comments."),
        Decision.REJECT: _("Rejected. The work does not begin."),
    }[Decision(decision)]
