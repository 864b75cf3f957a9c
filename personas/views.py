"""Secretaries and their teams."""

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from foundation.core.api.throttling import hit
from foundation.core.errors import Forbidden
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from personas import services
from personas.contexts import model_suggestions, persona_page, personas_page, team_page
from personas.forms import DrawingForm, ImportForm, PersonaForm, TeamForm
from personas.shapes import PersonaExport, packed

PARTS = {"people": "personas/people.html"}
PERSONA_PARTS = {"drawing": "personas/drawing.html", "portrait": "personas/portrait.html"}


@page()
def persona_list(request: HttpRequest) -> HttpResponse:
    at = personas_page(request.user, words=request.GET.get("q", ""), role=request.GET.get("role", ""))
    return show(request, "personas/personas.html", {"at": at}, PARTS)


@page(*BOTH, code="persona:create", limits={"POST": "persona_create"})
def persona_new(request: HttpRequest) -> HttpResponse:
    form = _form(request, models=model_suggestions(request.user))
    if request.method == "POST" and form.is_valid() and (made := form.save(request.user)):
        messages.success(request, _("%s has joined. Add them to a team so that they get work.") % made)
        return see_other(reverse("persona", args=[made.pk]))
    return _form_page(request, form, _("New secretary"))


@page(*BOTH)
def persona(request: HttpRequest, pk: str) -> HttpResponse:
    at = persona_page(request.user, pk)
    if request.method == "POST" and not at.may_change:
        raise Forbidden(details={"action": "persona:change"})
    known = model_suggestions(request.user) if at.may_change else []
    form = _form(request, persona=at.persona, models=known)
    if request.method == "POST" and form.is_valid() and form.save(request.user):
        messages.success(request, _("Saved."))
        return see_other(reverse("persona", args=[pk]))
    context = {"at": persona_page(request.user, pk), "form": form, "drawing_form": DrawingForm()}
    response = show(request, "personas/persona.html", context, PERSONA_PARTS)
    response.status_code = 422 if form.errors else 200
    return response


@page()
def persona_export(request: HttpRequest, pk: str) -> HttpResponse:
    """The secretary as a file for another installation."""
    found = services.persona_export(request.user, persona_page(request.user, pk).persona)
    disposition = content_disposition_header(as_attachment=True, filename=f"{found.name}.json")
    told = json.dumps(PersonaExport(packed(found)).data, ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": disposition or "attachment"}
    return HttpResponse(told, content_type="application/json; charset=utf-8", headers=headers)


@page(*BOTH, code="persona:create")
def persona_import(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None, may_upload=_may_upload(request))
    if request.method == "POST" and form.is_valid() and (made := form.save(request.user)):
        messages.success(request, _("%s has joined. Add them to a team so that they get work.") % made)
        return see_other(reverse("persona", args=[made.pk]))
    return _form_page(request, form, _("Import a secretary"))


@page(*WRITE)
def persona_draw(request: HttpRequest, pk: str) -> HttpResponse:
    at = persona_page(request.user, pk)
    if not hit("upload", str(request.user.pk)):
        messages.error(request, _("Too many uploads. Wait a minute and choose the picture again."))
    else:
        given = {"prompt": request.POST.get("prompt", ""), "style": request.POST.get("style", "")}
        done = _("It is being drawn. The picture changes when it is done.")
        carry_out(request, lambda: services.drawing_ask(request.user, at.persona, **given), done)
    return see_other(f"{reverse('persona', args=[pk])}#drawing")


@page(*WRITE)
def persona_delete(request: HttpRequest, pk: str) -> HttpResponse:
    at = persona_page(request.user, pk)
    gone = carry_out(request, lambda: services.persona_delete(request.user, at.persona), _("Deleted."))
    return see_other(reverse("personas") if gone else reverse("persona", args=[pk]))


@page(*BOTH, code="persona_team:create")
def team_new(request: HttpRequest) -> HttpResponse:
    form = TeamForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid() and form.save():
        messages.success(request, _("Saved."))
        return see_other(reverse("personas"))
    return _form_page(request, form, _("New team"))


@page(*BOTH)
def team(request: HttpRequest, pk: str) -> HttpResponse:
    at = team_page(request.user, pk)
    if request.method == "POST" and not at.may_change:
        raise Forbidden(details={"action": "personateam:change"})
    form = TeamForm(request.user, request.POST or None, team=at.team)
    if request.method == "POST" and form.is_valid() and form.save():
        messages.success(request, _("Saved."))
        return see_other(reverse("team", args=[pk]))
    response = show(request, "personas/team.html", {"at": team_page(request.user, pk), "form": form})
    response.status_code = 422 if form.errors else 200
    return response


@page(*WRITE)
def team_delete(request: HttpRequest, pk: str) -> HttpResponse:
    at = team_page(request.user, pk)
    gone = carry_out(request, lambda: services.team_delete(request.user, at.team), _("Deleted."))
    return see_other(reverse("personas") if gone else reverse("team", args=[pk]))


def _form(request: HttpRequest, **about: Any) -> PersonaForm:
    return PersonaForm(request.POST or None, request.FILES or None, may_upload=_may_upload(request), **about)


def _may_upload(request: HttpRequest) -> Callable[[], bool]:
    return lambda: hit("upload", str(request.user.pk))


def _form_page(request: HttpRequest, form: ImportForm | PersonaForm | TeamForm, title: str) -> HttpResponse:
    response = show(request, "personas/form.html", {"form": form, "title": title})
    response.status_code = 422 if form.errors else 200
    return response
