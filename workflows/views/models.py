"""設定 › AIモデル: connect, test, choose the default, remove."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ai_integration import gateway, providers, services
from ai_integration.forms import CredentialForm, DefaultForm
from ai_integration.selectors import credential_get
from foundation.core.errors import NotFound
from foundation.core.pages import BOTH, WRITE, carry_out, page, see_other, show
from foundation.core.permissions import require_permission
from workflows.contexts.models import models_page


@page()
def models(request: HttpRequest) -> HttpResponse:
    return show(request, "workflows/models.html", {"at": models_page(request.user)})


@page(*BOTH, code="credential:create")
def connect(request: HttpRequest, provider: str) -> HttpResponse:
    if request.method != "POST":
        return see_other(_at(provider))
    form = CredentialForm(_spec(provider), request.POST)
    if form.is_valid() and (made := form.save(request.user)):
        _say(request, gateway.prove(request.user, provider, credential=made.pk), _("Connected."))
        return see_other(_at(provider))
    return _refused(request, refused=form)


@page(*BOTH)
def change(request: HttpRequest, pk: str) -> HttpResponse:
    found = credential_get(request.user, pk, "change")
    if request.method != "POST":
        return see_other(_at(found.provider))
    form = CredentialForm(_spec(found.provider), request.POST, credential=found)
    if form.is_valid() and form.save(request.user):
        _say(request, gateway.prove(request.user, found.provider, credential=pk), _("Saved."))
        return see_other(_at(found.provider))
    return _refused(request, refused=form)


@page(*WRITE)
def test(request: HttpRequest, provider: str) -> HttpResponse:
    require_permission(request.user, "persona:create")
    _say(request, gateway.prove(request.user, provider))
    return see_other(_at(provider))


@page(*WRITE)
def test_stored(request: HttpRequest, pk: str) -> HttpResponse:
    found = credential_get(request.user, pk, "operate")
    _say(request, gateway.prove(request.user, found.provider, credential=pk))
    return see_other(_at(found.provider))


@page(*WRITE)
def remove(request: HttpRequest, pk: str) -> HttpResponse:
    found = credential_get(request.user, pk)
    carry_out(request, lambda: services.credential_delete(request.user, found), _("Removed."))
    return see_other(_at(found.provider))


@page(*BOTH, code="provider:change")
def default(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return see_other(reverse("ai-models"))
    if "reset" in request.POST:
        carry_out(request, lambda: services.default_model_reset(request.user), _("AI_MODEL counts again."))
        return see_other(reverse("ai-models"))
    form = DefaultForm(request.POST)
    if form.is_valid() and form.save(request.user):
        messages.success(request, _("Saved. It counts from the next call on."))
        return see_other(reverse("ai-models"))
    return _refused(request, default_form=form)


def _refused(request: HttpRequest, **forms: Any) -> HttpResponse:
    response = show(request, "workflows/models.html", {"at": models_page(request.user, **forms)})
    response.status_code = 422
    return response


def _say(request: HttpRequest, proof: gateway.Proof, done: str = "") -> None:
    said = " ".join(each for each in (done, proof.message) if each)
    (messages.success if proof.ok else messages.error)(request, said)


def _spec(provider: str) -> providers.Spec:
    if provider not in providers.MODULES:
        raise NotFound
    return providers.spec(provider)


def _at(provider: str) -> str:
    return f"{reverse('ai-models')}#{provider}"
