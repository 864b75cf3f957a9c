"""Putting what is stored encrypted under the newest of ENCRYPTION_KEYS."""

from dataclasses import dataclass, field

from django.contrib.contenttypes.models import ContentType

from foundation.activity.services import record
from foundation.core import crypto
from foundation.core.actors import Actor
from foundation.core.errors import Unavailable
from foundation.core.permissions import require_permission


@dataclass
class Rotation:
    """`rotated` values are under the first key now, `current` ones were already; of `lost` rows no key is known."""

    rotated: int = 0
    current: int = 0
    lost: list[str] = field(default_factory=list)


def keys_rotate(actor: Actor) -> Rotation:
    """Encrypt anew, one value at a time, whatever the first key alone does not open.

    Every value is readable at every moment; killed in the middle, it is run again. Raises Forbidden.
    """
    require_permission(actor, "credential:change")
    total = Rotation()
    for shelf in crypto.shelves():
        before = total.rotated
        for key, token in shelf.tokens():
            _rotate(total, shelf, key, token)
        if total.rotated > before:
            kind = ContentType.objects.get_for_model(shelf.model)
            record(actor, "keys.rotated", kind, data={"field": shelf.name, "values": total.rotated - before})
    return total


def _rotate(total: Rotation, shelf: crypto.Shelf, key: object, token: str) -> None:
    if crypto.is_current(token):
        total.current += 1
        return
    try:
        new = crypto.encrypted_again(token)
    except Unavailable:
        total.lost.append(f"{shelf.model._meta.label}.{shelf.name} {key}")
        return
    # Whoever wrote it meanwhile has used the first key already.
    total.rotated += shelf.replace(key, old=token, new=new)
