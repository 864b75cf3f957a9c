"""Search, vaults, the reader of notes, and sources."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from foundation.core.errors import DomainError, Forbidden, NotFound
from foundation.core.pages import BOTH, WRITE, carry_out, page, refusal, see_other, show
from knowledge import selectors, services
from knowledge.contexts import knowledge_page, note_page, source_page, vault_page
from knowledge.forms import SourceForm, VaultChangeForm, VaultForm

PARTS = {"hits": "knowledge/hits.html", "vaults": "knowledge/vaults.html"}
VAULT_PARTS = {"vault": "knowledge/vault_standing.html"}


@page(limits={"GET": "search"})
def knowledge(request: HttpRequest) -> HttpResponse:
    at = knowledge_page(request.user, words=request.GET.get("q", ""), vault=request.GET.get("vault", ""))
    return show(request, "knowledge/knowledge.html", {"at": at, "streams": at.streams}, PARTS)


@page(*BOTH)
def vault_new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        services.require_may_register(request.user)
    form = VaultForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (vault := form.save(request.user)):
        messages.success(request, _("Registered. The notes are being read."))
        return see_other(reverse("vault", args=[vault.pk]))
    return _form_page(request, form, _("Register a folder of notes"), _("Register"))


@page(*BOTH)
def vault(request: HttpRequest, pk: str) -> HttpResponse:
    at = vault_page(request.user, pk, request.GET.get("cursor", ""))
    found = at.standing.vault
    if request.method == "POST" and not at.standing.may_change:
        raise Forbidden(details={"action": "vault:change"})
    form = VaultChangeForm(
        request.POST or None, initial={"name": found.name, "report_folder": found.report_folder}
    )
    if request.method == "POST" and form.is_valid() and form.save(request.user, found):
        messages.success(request, _("Saved."))
        return see_other(reverse("vault", args=[pk]))
    context = {"at": at, "page": at.page, "form": form, "streams": at.streams}
    return show(request, "knowledge/vault.html", context, VAULT_PARTS)


@page(*WRITE)
def vault_sync(request: HttpRequest, pk: str) -> HttpResponse:
    found = selectors.vault_get(request.user, pk)
    accept = request.POST.get("accept_vanished") == "yes"
    command = lambda: services.vault_request_sync(request.user, found, accept_vanished=accept)  # noqa: E731
    carry_out(request, command, _("The notes are being read again."))
    return see_other(reverse("vault", args=[pk]))


@page(*WRITE)
def vault_remove(request: HttpRequest, pk: str) -> HttpResponse:
    found = selectors.vault_get(request.user, pk)
    gone = carry_out(
        request,
        lambda: services.vault_remove(request.user, found),
        _("Removed from the platform. The files stay as they are."),
    )
    return see_other(reverse("knowledge") if gone else reverse("vault", args=[pk]))


@page()
def note(request: HttpRequest, pk: str) -> HttpResponse:
    try:
        at = note_page(request.user, pk)
    except NotFound as error:
        if error.code == "file_gone":
            return _gone(request, error)
        raise
    return show(request, "knowledge/note.html", {"at": at, "note": at.note})


def _gone(request: HttpRequest, error: DomainError) -> HttpResponse:
    response = refusal(request, DomainError(error.message))
    response.status_code = 404
    return response


@page(*BOTH, code="source:create", limits={"POST": "upload"})
def source_new(request: HttpRequest) -> HttpResponse:
    form = SourceForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and (source := form.save(request.user)):
        messages.success(request, _("Kept. You can choose it when you delegate."))
        return see_other(reverse("source", args=[source.pk]))
    return _form_page(request, form, _("Add a source"), _("Keep"))


@page()
def source(request: HttpRequest, pk: str) -> HttpResponse:
    at = source_page(request.user, pk)
    return show(request, "knowledge/source.html", {"at": at, "source": at.source})


@page(*WRITE)
def source_delete(request: HttpRequest, pk: str) -> HttpResponse:
    found = selectors.source_get(request.user, pk)
    gone = carry_out(request, lambda: services.source_delete(request.user, found), _("Deleted."))
    return see_other(reverse("knowledge") if gone else reverse("source", args=[pk]))


def _form_page(request: HttpRequest, form: VaultForm | SourceForm, title: str, word: str) -> HttpResponse:
    response = show(request, "knowledge/form.html", {"form": form, "title": title, "word": word})
    response.status_code = 422 if form.is_bound else 200
    return response
