"""Which model answers, and how its provider is reached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from ai_integration import providers
from ai_integration.builtin import LABELS
from ai_integration.catalogue import Profile
from ai_integration.models import Credential, ModelChoice
from ai_integration.providers import ENVIRONMENT, STORED, Connection, Reference
from ai_integration.selectors.setup import Setup, Way, setup
from foundation.accounts.models import User
from foundation.accounts.reasons import CODE, Reason, people_of_code
from foundation.core.permissions import fetch, permission_q

DEFAULT, FALLBACKS = "default", "fallbacks"


@dataclass(frozen=True)
class DefaultModel:
    """What answers where no model is named; `source` is `stored` or `environment` (AI_MODEL)."""

    reference: str
    source: str
    choice: ModelChoice | None = None


@dataclass(frozen=True)
class Route:
    """One model that may answer a call, and what is known of it."""

    text: str
    reference: Reference
    profile: Profile


def default_model() -> DefaultModel:
    chosen = setup().choices.get(DEFAULT)
    if chosen:
        return DefaultModel(chosen.reference, STORED, chosen)
    return DefaultModel(settings.AI_MODEL, ENVIRONMENT)


def default_reference() -> str:
    """The default model's `provider:model` alone."""
    return default_model().reference


def routes(model: str, job: str, now: Setup) -> list[Route]:
    """The models to ask, in order. `model` is what the work or its secretary names; empty leaves it to the kind of task, and
    that to the default. Raises Invalid for a provider that does not exist.
    """
    kind = None if model else now.choices.get(f"job:{job}")
    default = now.choices.get(DEFAULT)
    first = model or (kind.reference if kind else "") or (default.reference if default else settings.AI_MODEL)
    order = now.choices.get(FALLBACKS)
    after = (kind.fallbacks if kind else []) or (order.fallbacks if order else [])
    named = list(dict.fromkeys([first, *after]))
    return [Route(each, providers.parse(each), now.profile(each)) for each in named]


def credentials(user: Any) -> QuerySet[Credential]:
    """Without the keys themselves: whoever looks at a list needs none of them."""
    return Credential.objects.permitted(user, "view").select_related("owner").defer("api_key")


def credential_get(user: Any, pk: Any, action: str = "view") -> Credential:
    return fetch(Credential.objects.defer("api_key"), user, action, pk=pk)


def who_may_use_what_serves_everybody(row: Credential) -> Iterator[tuple[User, Reason]]:
    """Those whose role says that they may see or change connections that serve everybody."""
    if not row.shared:
        return
    for action, level in (("view", "operate"), ("change", "manage")):
        for user, role in people_of_code(f"credential:{action}"):
            yield user, Reason(CODE, level, role)


def connections_for(owner_id: UUID | None, provider: str) -> list[Connection]:
    """Every way to the provider that work of this person may take, best first: their own, shared ones, the environment."""
    given = providers.from_environment(provider)
    stored = [way.open() for way in _usable(setup(), owner_id, provider)]
    return [*stored, given] if given else stored


def connection_for(
    owner_id: UUID | None, reference: Reference, now: Setup | None = None
) -> Connection | None:
    """How work of this person reaches the model; None when nothing connects to it."""
    if providers.spec(reference.provider).needs_nothing:
        return Connection(reference.provider)
    fitting = _fitting(now or setup(), owner_id, reference)
    if fitting:
        return fitting[0].open()
    return None if reference.label else providers.from_environment(reference.provider)


def answerable(owner_id: UUID | None, model: str) -> bool:
    """Whether work of this person that names `model` has anybody to ask: the model itself, or one that stands in for it.

    Whether a server is up right now is not asked. Raises Invalid for a provider that does not exist.
    """
    now = setup()
    return any(_connected(owner_id, route.reference, now) for route in routes(model, "", now))


def _connected(owner_id: UUID | None, reference: Reference, now: Setup) -> bool:
    if providers.spec(reference.provider).needs_nothing or _fitting(now, owner_id, reference):
        return True
    return not reference.label and providers.from_environment(reference.provider) is not None


def serves_everybody(reference: Reference) -> bool:
    """Whether the model can be reached for work of any person."""
    return connection_for(None, reference) is not None


def as_connection(row: Credential) -> Connection:
    return Connection(row.provider, STORED, row.api_key, row.base_url, row.label, row.pk)


def model_label(reference: str, language: str, default: str = "") -> str:
    """How a model is named to people, from a persona's `provider:model` (empty means the default)."""
    provider, _, model = (reference or default or default_reference()).partition(":")
    return LABELS[language] if provider == "builtin" else f"{provider} {model}".strip()


def _reachable(owner_id: UUID | None) -> QuerySet[Credential]:
    """What work of this person may take: what serves everybody, their own, and what is shared with them to work with."""
    person = User.objects.filter(pk=owner_id, is_superuser=False).first() if owner_id else None
    q = Q(shared=True) | Q(owner_id=owner_id)
    return Credential.objects.filter(q | permission_q(Credential, person, "operate") if person else q)


def _usable(now: Setup, owner_id: UUID | None, provider: str) -> Sequence[Way]:
    """Their own first. Whether others' were shared with them is only asked where others have any."""
    others = [way.pk for way in now.ways if way.provider == provider and not way.serves(owner_id)]
    lent = set(_reachable(owner_id).filter(pk__in=others).values_list("pk", flat=True)) if others else set()
    return now.usable(owner_id, provider, lent)


def _fitting(now: Setup, owner_id: UUID | None, reference: Reference) -> list[Way]:
    ways = _usable(now, owner_id, reference.provider)
    return [way for way in ways if not reference.label or way.label == reference.label]


def ready_providers(owner_id: UUID | None) -> dict[str, str]:
    """Provider → `stored` or `environment`, for those that work of this person can use. Decrypts nothing."""
    rows = _reachable(owner_id)
    stored = dict.fromkeys(rows.values_list("provider", flat=True), STORED)
    given = {name: ENVIRONMENT for name in providers.MODULES if providers.from_environment(name)}
    return given | {name: source for name, source in stored.items() if name in providers.MODULES}
