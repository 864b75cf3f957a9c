"""Commands on who answers: a model per kind of task, the order of stand-ins, what is said of a model, and the rate."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ai_integration import providers
from ai_integration.catalogue import ABILITIES
from ai_integration.jobs import ANSWERS
from ai_integration.models import ExchangeRate, ModelChoice, ModelProfile
from ai_integration.selectors.connections import FALLBACKS, answerable, serves_everybody
from ai_integration.selectors.setup import CURRENCY
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Invalid
from foundation.core.permissions import require_permission

MOST_FALLBACKS = 10
MOST_PRICE, MOST_RATE, MOST_CONTEXT = Decimal(100_000), Decimal(1_000_000), 2_000_000_000
NO_KIND = _("There is no such kind of task.")
NO_NAME = _("Name the model too: %(provider)s:model.")
NOT_FOR_ALL = _("Connect %(provider)s for everybody first: this counts for all work here.")
TOO_MANY = _("At most %d models.") % MOST_FALLBACKS
OUT_OF_RANGE = _("Between 0 and %s.")
NO_ABILITY = _("Use some of: %s") % ", ".join(ABILITIES)
DRAW = "draw"
FIELDS = ("context", "output", "price_in", "price_out", "can")


def choice_set(actor: Actor, *, job: str, model: str, fallbacks: Sequence[str] = ()) -> ModelChoice | None:
    """Let `model` do this kind of task, and `fallbacks` stand in for it. An empty `model` leaves it to the default again.

    Raises Invalid (naming the field), Forbidden.
    """
    require_permission(actor, "provider:change")
    if job not in (*ANSWERS, DRAW):
        raise _wrong("job", NO_KIND)
    if not model:
        return _dropped(actor, f"job:{job}")
    check_model("model", model)
    return _stored(actor, f"job:{job}", model, _checked(fallbacks))


def fallbacks_set(actor: Actor, *, fallbacks: Sequence[str]) -> ModelChoice | None:
    """Who stands in, in order, where neither the kind of task nor anything else says so. Nobody: an empty list."""
    require_permission(actor, "provider:change")
    if not fallbacks:
        return _dropped(actor, FALLBACKS)
    return _stored(actor, FALLBACKS, "", _checked(fallbacks))


@transaction.atomic
def profile_set(actor: Actor, *, reference: str, **fields: Any) -> ModelProfile | None:
    """Say `context`, `output`, `price_in`, `price_out` or `can` of one model; nothing at all leaves the catalogue's word."""
    require_permission(actor, "provider:change")
    _check_named("reference", reference)
    given = {name: fields.get(name) for name in FIELDS}
    _check_profile(given)
    if not any(value is not None and value != [] for value in given.values()):
        return _profile_dropped(actor, reference)
    told = {name: str(value) for name, value in given.items() if value is not None}
    given |= {"can": list(given["can"] or []), "changed_by_id": actor.pk}
    row, _made = ModelProfile.objects.update_or_create(reference=reference, defaults=given)
    record(actor, "model_profile.changed", row, data={"model": reference} | told)
    return row


@transaction.atomic
def rate_set(actor: Actor, *, per_dollar: Decimal) -> ExchangeRate:
    """What a US dollar costs, for showing costs and for keeping budgets."""
    require_permission(actor, "provider:change")
    if not 0 < per_dollar <= MOST_RATE:
        raise _wrong("per_dollar", OUT_OF_RANGE % MOST_RATE)
    by = {"per_dollar": per_dollar, "changed_by_id": actor.pk}
    row, _made = ExchangeRate.objects.update_or_create(currency=CURRENCY, defaults=by)
    record(actor, "exchange_rate.changed", row, data={"currency": CURRENCY, "per_dollar": str(per_dollar)})
    return row


def check_model(field: str, model: str) -> None:
    """Raises Invalid unless work of anybody can reach the model."""
    reference = _check_named(field, model)
    if not serves_everybody(reference):
        raise _wrong(
            field, NOT_FOR_ALL % {"provider": providers.spec(reference.provider).name}, providers.KEY_MISSING
        )


def check_answerable(actor: Actor, field: str, model: str) -> None:
    """Raises Invalid (naming the field) unless work of the actor's that names the model has somebody to ask."""
    reference = _check_named(field, model)
    if not answerable(actor.pk, model):
        words = providers.NOT_CONNECTED % {"provider": providers.spec(reference.provider).name}
        raise _wrong(field, words, providers.KEY_MISSING)


def _check_named(field: str, model: str) -> providers.Reference:
    try:
        reference = providers.parse(model)
    except Invalid as error:
        raise _wrong(field, str(error)) from error
    if reference.provider != "builtin" and not model.partition(":")[2]:
        raise _wrong(field, NO_NAME % {"provider": reference.provider})
    if len(model) > 120:
        raise _wrong(field, OUT_OF_RANGE % 120)
    return reference


def _checked(fallbacks: Sequence[str]) -> list[str]:
    named = list(dict.fromkeys(each.strip() for each in fallbacks if each.strip()))
    if len(named) > MOST_FALLBACKS:
        raise _wrong("fallbacks", TOO_MANY)
    for each in named:
        check_model("fallbacks", each)
    return named


def _check_profile(given: dict[str, Any]) -> None:
    for names, most in ((("context", "output"), MOST_CONTEXT), (("price_in", "price_out"), MOST_PRICE)):
        for name in names:
            if given[name] is not None and not 0 <= given[name] <= most:
                raise _wrong(name, OUT_OF_RANGE % most)
    if set(given["can"] or []) - set(ABILITIES):
        raise _wrong("can", NO_ABILITY)


@transaction.atomic
def _stored(actor: Actor, purpose: str, model: str, fallbacks: list[str]) -> ModelChoice:
    by = {"reference": model, "fallbacks": fallbacks, "changed_by_id": actor.pk}
    row, _made = ModelChoice.objects.update_or_create(purpose=purpose, defaults=by)
    record(
        actor, "model_choice.changed", row, data={"purpose": purpose, "model": model, "fallbacks": fallbacks}
    )
    return row


@transaction.atomic
def _dropped(actor: Actor, purpose: str) -> None:
    row = ModelChoice.objects.select_for_update().filter(purpose=purpose).first()
    if row:
        record(actor, "model_choice.reset", row, data={"purpose": purpose})
        row.delete()


def _profile_dropped(actor: Actor, reference: str) -> None:
    row = ModelProfile.objects.select_for_update().filter(reference=reference).first()
    if row:
        record(actor, "model_profile.reset", row, data={"model": reference})
        row.delete()


def _wrong(field: str, message: Any, code: str | None = None) -> Invalid:
    return Invalid(str(message), code=code, details={field: [str(message)]})
