"""Which models there are, how they are connected, and who thinks with which."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import get_language

from ai_integration.contexts import Models, ProviderCard, provider_cards, suggestions
from ai_integration.contexts import models as listed_models
from ai_integration.forms import CredentialForm, DefaultForm
from ai_integration.models import Credential
from ai_integration.selectors import model_label
from foundation.core.forms import Suggested
from personas.models import Persona
from personas.selectors import personas

MOST_PERSONAS = 500


@dataclass(frozen=True)
class Stored:
    """A stored connection with the form that changes it."""

    state: Any
    form: CredentialForm


@dataclass(frozen=True)
class Card:
    """A provider. `form` connects it anew; it is open when it was just refused."""

    provider: ProviderCard
    stored: Sequence[Stored]
    form: CredentialForm


@dataclass(frozen=True)
class Users:
    """The personas that think with one model; `default` when they name none."""

    label: str
    default: bool
    people: Sequence[Persona]


@dataclass(frozen=True)
class ModelsPage:
    listed: Models
    label: str
    builtin: bool
    cards: Sequence[Card]
    users: Sequence[Users]
    default_form: DefaultForm
    may_connect: bool
    may_choose: bool


def models_page(
    user: Any, *, refused: CredentialForm | None = None, default_form: DefaultForm | None = None
) -> ModelsPage:
    """`refused` and `default_form` are forms that were not accepted: they are shown in the place of fresh ones."""
    listed, language = listed_models(user), _language()
    reference = listed.default.reference
    chooser = default_form or DefaultForm(initial={"model": reference})
    chooser.fields["model"].widget = Suggested(
        suggestions(listed, language), attrs={"autocapitalize": "off", "spellcheck": "false"}
    )
    return ModelsPage(
        listed=listed,
        label=model_label(reference, language),
        builtin=reference.partition(":")[0] == "builtin",
        cards=[_card(each, refused) for each in provider_cards(user, listed)],
        users=_users(user, reference, language),
        default_form=chooser,
        may_connect=_says(user, "credential:create"),
        may_choose=_says(user, "provider:change"),
    )


def _card(provider: ProviderCard, refused: CredentialForm | None) -> Card:
    spec = provider.state.spec
    stored = [
        Stored(each, _chosen(refused, each.row) or CredentialForm(spec, credential=each.row))
        for each in provider.credentials
    ]
    new = refused if refused and refused.credential is None and refused.spec == spec else CredentialForm(spec)
    return Card(provider, stored, new)


def _chosen(refused: CredentialForm | None, row: Credential) -> CredentialForm | None:
    return refused if refused and refused.credential and refused.credential.pk == row.pk else None


def _users(user: Any, default: str, language: str) -> list[Users]:
    people = list(personas(user).order_by("model", "created_at")[:MOST_PERSONAS])
    return [
        Users(model_label(model, language, default), not model, list(group))
        for model, group in groupby(people, key=lambda each: each.model)
    ]


def _says(user: Any, code: str) -> bool:
    return user.is_superuser or code in user.permission_codes


def _language() -> str:
    return "ja" if (get_language() or "").startswith("ja") else "en"
