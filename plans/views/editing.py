"""Writing a plan by hand: a new one, or the next version."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from foundation.core.pages import BOTH, page, see_other, show
from foundation.core.permissions import fetch, require
from personas.selectors import active_members, team_for
from plans import selectors
from plans.editing import PlanForm, changed
from plans.services import plan_revise_by_hand, plan_write


@page(*BOTH)
def plan_edit(request: HttpRequest, pk: str) -> HttpResponse:
    plan = require(request.user, "change", fetch(selectors.plans(request.user), request.user, pk=pk))
    content = plan.current.content if plan.current else {}
    form = _form(request, content, active_members(plan.team), plan.current and plan.current.content_hash)

    def save() -> Any:
        return plan_revise_by_hand(
            request.user, plan, form.written(), expected_hash=form.cleaned_data["content_hash"]
        )

    if _wants_saving(request) and _saved(form, save):
        messages.success(request, _("Saved as a new version."))
        return see_other(reverse("plan", args=[pk]))
    return _shown(request, form, _("Edit the plan"), reverse("plan", args=[pk]))


@page(*BOTH, code="plan:create")
def plan_new(request: HttpRequest) -> HttpResponse:
    """A draft of one's own, from nothing or from a template."""
    wanted = request.GET.get("template", "")
    templates = list(selectors.templates(request.user))
    template = next((each for each in templates if str(each.pk) == wanted), None)
    team = team_for(request.user)
    form = _form(request, template.content if template else {}, active_members(team), "")
    made: list[Any] = []

    def save() -> Any:
        made.append(plan_write(request.user, content=form.written(), team=team))

    if _wants_saving(request) and _saved(form, save):
        messages.success(request, _("The draft stands. Submit it, or delegate work with it."))
        return see_other(reverse("plan", args=[made[0].pk]))
    return _shown(request, form, _("Write a plan"), reverse("approvals"), templates=templates)


def _form(request: HttpRequest, content: Any, members: Any, content_hash: str | None) -> PlanForm:
    action = request.POST.get("action", "save")
    data = None if request.method != "POST" else changed(request.POST, action)
    return PlanForm(content, members, data, initial={"content_hash": content_hash or ""})


def _wants_saving(request: HttpRequest) -> bool:
    return request.method == "POST" and request.POST.get("action", "save") == "save"


def _saved(form: PlanForm, save: Any) -> bool:
    """Whether it was kept; what was wrong is said in the form, and nothing that was typed is lost."""
    if not form.is_valid():
        return False
    try:
        save()
    except (Forbidden, NotFound):
        raise
    except (Invalid, Conflict, DomainError) as error:
        form.complain(error.details if error.code == "plan_invalid" else {}, str(error))
        return False
    return True


def _shown(request: HttpRequest, form: PlanForm, title: str, back: str, **more: Any) -> HttpResponse:
    refused = _wants_saving(request)
    response = show(request, "plans/edit.html", {"form": form, "title": title, "back": back} | more)
    response.status_code = 422 if refused else 200
    return response
