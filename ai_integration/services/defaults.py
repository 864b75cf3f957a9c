"""Which model answers where none is named."""

from django.db import transaction

from ai_integration.models import ModelChoice
from ai_integration.selectors.connections import DEFAULT, default_model
from ai_integration.services.choices import check_model
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.permissions import require_permission


def default_model_set(actor: Actor, *, model: str) -> ModelChoice:
    """Let `model` (`provider:model`) answer where none is named. Raises Invalid, Forbidden."""
    require_permission(actor, "provider:change")
    check_model("model", model)
    return _stored(actor, model)


@transaction.atomic
def default_model_reset(actor: Actor) -> None:
    """Back to what AI_MODEL says."""
    require_permission(actor, "provider:change")
    chosen = ModelChoice.objects.select_for_update().filter(purpose=DEFAULT).first()
    if chosen:
        record(actor, "default_model.reset", chosen, from_=chosen.reference, to="")
        chosen.delete()


@transaction.atomic
def _stored(actor: Actor, model: str) -> ModelChoice:
    before = default_model().reference
    by = {"reference": model, "changed_by_id": actor.pk}
    chosen, _made = ModelChoice.objects.update_or_create(purpose=DEFAULT, defaults=by)
    record(actor, "default_model.changed", chosen, from_=before, to=model)
    return chosen
