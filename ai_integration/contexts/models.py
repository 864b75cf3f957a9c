"""What pages and addresses show of providers and models."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import get_language

from ai_integration import providers
from ai_integration.builtin import LABELS
from ai_integration.faults import OK, sentence
from ai_integration.gateway import offers
from ai_integration.models import Credential
from ai_integration.providers import Connection, Spec
from ai_integration.selectors import (
    DefaultModel,
    credentials,
    default_model,
    known_references,
    ready_providers,
    setup,
)


@dataclass(frozen=True)
class ProviderState:
    """A provider, and where its connection for this person's work comes from: environment, stored, or nowhere."""

    spec: Spec
    source: str

    @property
    def ready(self) -> bool:
        return bool(self.source)


@dataclass(frozen=True)
class Choice:
    """A model that may be named: `reference` is what a persona or the default holds."""

    reference: str
    provider: str
    label: str
    name: str
    is_default: bool = False


@dataclass(frozen=True)
class Problem:
    """A connection whose models could not be listed, and why."""

    provider: str
    label: str
    message: str


@dataclass(frozen=True)
class Models:
    default: DefaultModel
    choices: Sequence[Choice]
    problems: Sequence[Problem]


def provider_states(user: Any) -> list[ProviderState]:
    sources = ready_providers(user.pk)
    return [ProviderState(spec, sources.get(spec.id, "")) for spec in providers.specs()]


def models(user: Any) -> Models:
    """What work of this person can choose from. Asks the servers, unless it did so within the last minute."""
    default = default_model()
    found: dict[str, Choice] = {"builtin": Choice("builtin", "builtin", "", "builtin")}
    problems = []
    for offer in offers(user):
        way = offer.connection
        if offer.problem:
            problems.append(Problem(way.provider, way.label, offer.problem))
        for reference in offer.references:
            found.setdefault(reference, _choice(reference, way))
    if default.reference in found:
        found[default.reference] = replace(found[default.reference], is_default=True)
    return Models(default, list(found.values()), problems)


def test_words(credential: Credential) -> str:
    """How the last test went, in one sentence; empty when there was none."""
    return sentence(credential.test_code, credential.test_detail) if credential.test_code else ""


def _choice(reference: str, way: Connection) -> Choice:
    return Choice(reference, way.provider, way.label, reference.partition(":")[2])


@dataclass(frozen=True)
class CredentialState:
    """A stored connection, and what its owner may do with it."""

    row: Credential
    said: str
    good: bool


def credential_states(user: Any) -> list[CredentialState]:
    rows = credentials(user).order_by("provider", "label", "created_at")
    return [CredentialState(row, test_words(row), row.test_code == OK) for row in rows]


@dataclass(frozen=True)
class ProviderCard:
    """A provider as the page shows it: how it stands, and the stored connections that this person sees."""

    state: ProviderState
    credentials: Sequence[CredentialState]
    problems: Sequence[Problem]
    choices: Sequence[Choice]

    @property
    def fails(self) -> bool:
        """Whether something is stored, and all of it failed when it was last tested."""
        return bool(self.credentials) and all(each.said and not each.good for each in self.credentials)


def provider_cards(user: Any, listed: Models) -> list[ProviderCard]:
    stored = credential_states(user)
    told = {(each.row.provider, each.row.label) for each in stored if each.said and not each.good}
    news = [each for each in listed.problems if (each.provider, each.label) not in told]
    return [
        ProviderCard(
            state,
            [each for each in stored if each.row.provider == state.spec.id],
            [each for each in news if each.provider == state.spec.id],
            [each for each in listed.choices if each.provider == state.spec.id],
        )
        for state in provider_states(user)
        if not state.spec.needs_nothing
    ]


def model_names(user: Any) -> list[tuple[str, str]]:
    """`(reference, words)` of what work of this person may name, as far as it is known here: no server is asked."""
    ready, now = ready_providers(user.pk), setup()
    known = [
        *(row.reference for row in now.choices.values() if row.reference),
        *now.said,
        *known_references(),
    ]
    usable = [each for each in known if each.partition(":")[0].partition("/")[0] in ready]
    language = "ja" if (get_language() or "").startswith("ja") else "en"
    named = {"builtin": LABELS[language]} | {each: each.partition(":")[2] for each in usable}
    return list(named.items())


def suggestions(listed: Models, language: str) -> list[tuple[str, str]]:
    """`(reference, words)` of what can be chosen, for a field."""
    return [
        (each.reference, LABELS[language] if each.provider == "builtin" else each.name)
        for each in listed.choices
    ]
