"""Sharing one thing, and the teams of people that things are shared with."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.accounts import selectors, services
from foundation.core.errors import Forbidden
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from foundation.core.permissions import holds_code, may
from workflows.contexts.sharing import grantees, sharing_page, thing
from workflows.sharing_forms import PeopleTeamForm, ShareForm


@page(*BOTH)
def sharing(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    obj = thing(request.user, kind, pk, "share" if request.method == "POST" else "view")
    form = ShareForm(request.user, grantees(request.user), request.POST or None)
    if request.method == "POST" and form.is_valid() and form.save(obj):
        messages.success(request, _("Shared."))
        return see_other(reverse("sharing", args=[kind, pk]))
    context = {"at": sharing_page(request.user, kind, pk), "form": form}
    response = show(request, "workflows/sharing.html", context)
    response.status_code = 422 if form.errors else 200
    return response


@page(*WRITE)
def withdraw(request: HttpRequest, kind: str, pk: str) -> HttpResponse:
    named = {request.POST.get("kind", ""): request.POST.get("id", "")[:100]}
    own = named == {"user": str(request.user.pk)}  # which everybody may give up
    obj = thing(request.user, kind, pk, "view" if own else "share")

    def command() -> Any:
        to = selectors.grantee_of(obj, **named)
        return services.access_withdraw(request.user, obj, to=to)

    carry_out(request, command, _("Withdrawn."))
    seen = may(request.user, "view", obj)
    return see_other(reverse("sharing", args=[kind, pk]) if seen else reverse("home"))


@page()
def team_list(request: HttpRequest) -> HttpResponse:
    context = {
        "teams": list(selectors.teams(request.user)[:200]),
        "may_create": holds_code(request.user, "team:create"),
    }
    return show(request, "workflows/people_teams.html", context)


@page(*BOTH)
def team_new(request: HttpRequest) -> HttpResponse:
    if not holds_code(request.user, "team:create"):
        raise Forbidden(details={"permission": "team:create"})
    return _team_form(request, PeopleTeamForm(request.user, request.POST or None), _("New team of people"))


@page(*BOTH)
def team(request: HttpRequest, pk: str) -> HttpResponse:
    found = selectors.team(request.user, pk, "change" if request.method == "POST" else "view")
    form = PeopleTeamForm(request.user, request.POST or None, team=found)
    return _team_form(request, form, found.name)


@page(*WRITE)
def team_act(request: HttpRequest, pk: str, action: str) -> HttpResponse:
    found = selectors.team(request.user, pk)
    command = services.people_team_delete if action == "delete" else services.people_team_leave
    carry_out(request, lambda: command(request.user, found), _("Done."))
    return see_other(reverse("people-teams"))


def _team_form(request: HttpRequest, form: PeopleTeamForm, title: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid() and form.save():
        messages.success(request, _("Saved."))
        return see_other(reverse("people-teams"))
    context = {
        "form": form,
        "title": title,
        "team": form.team,
        "members": list(form.team.group.user_set.all()) if form.team else [],
        "may_change": form.team is None or may(request.user, "change", form.team),
        "is_member": form.team is not None and form.team.group.user_set.filter(pk=request.user.pk).exists(),
    }
    response = show(request, "workflows/people_team.html", context)
    response.status_code = 422 if form.errors else 200
    return response
