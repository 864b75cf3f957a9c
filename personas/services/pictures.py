"""A persona's own picture. The file comes before the row that names it, and goes after the row that named it:
a crash leaves at worst a file that nobody names, and the sweep takes it away."""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.permissions import require
from personas.models import Persona
from personas.pictures import FOLDER, place

UNCLAIMED_FOR = timedelta(hours=1)


def picture_set(actor: Actor, persona: Persona, *, drawn: bytes) -> Persona:
    """Give the persona the picture `drawn` (what `core.images.portrait` made). Raises Forbidden, NotFound."""
    require(actor, "change", persona)
    digest = hashlib.sha256(drawn).hexdigest()
    name = place(persona.pk, digest)
    _stored(name, drawn)  # before the row is locked: a storage may be far away
    row = _changed(actor, persona, digest)
    if not default_storage.exists(name):
        _stored(name, drawn)  # somebody let the same picture go at this very moment
    return row


def picture_clear(actor: Actor, persona: Persona) -> Persona:
    """Back to the preset, or to the initial of the name."""
    return _changed(actor, persona, "", icon="")


@transaction.atomic
def _changed(actor: Actor, persona: Persona, digest: str, **fields: str) -> Persona:
    row = require(actor, "change", Persona.objects.select_for_update().get(pk=persona.pk))
    before, row.picture = row.picture, digest
    for name, value in fields.items():
        setattr(row, name, value)
    row.save(update_fields=["picture", *fields, "updated_at"])
    record(actor, "persona.updated", row, data={"fields": ["picture"]})
    if before and before != digest:
        transaction.on_commit(lambda: picture_forget(row.pk, before), robust=True)
    return row


def _stored(name: str, drawn: bytes) -> None:
    """A write that was cut short left the right name on the wrong bytes, so the name alone proves nothing."""
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            if file.read() == drawn:
                return
        default_storage.delete(name)
    default_storage.save(name, ContentFile(drawn))


@transaction.atomic
def picture_forget(pk: UUID, digest: str) -> None:
    """Delete a file that was let go, unless its persona has taken the same picture again in the meantime."""
    row = Persona.objects.select_for_update().filter(pk=pk).first()
    if row is None or row.picture != digest:
        default_storage.delete(place(pk, digest))


def pictures_sweep() -> int:
    """Delete files that no persona names and that are old enough not to be on their way in; returns how many."""
    if not default_storage.exists(FOLDER):
        return 0
    _folders, names = default_storage.listdir(FOLDER)
    kept = {
        place(pk, digest) for pk, digest in Persona.objects.exclude(picture="").values_list("pk", "picture")
    }
    before, gone = timezone.now() - UNCLAIMED_FOR, 0
    for name in (f"{FOLDER}/{each}" for each in names):
        if name not in kept and default_storage.get_modified_time(name) < before:
            default_storage.delete(name)
            gone += 1
    return gone
