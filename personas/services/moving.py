"""Personas that leave for another installation, and those that arrive."""

from typing import Any

from django.db import transaction

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.permissions import require
from personas.models import Persona
from personas.services.people import persona_create
from personas.services.pictures import picture_set


@transaction.atomic
def persona_export(actor: Actor, persona: Persona) -> Persona:
    """What is handed out; that it was is on record."""
    require(actor, "view", persona)
    record(actor, "persona.exported", persona)
    return persona


@transaction.atomic
def persona_import(actor: Actor, *, picture: bytes | None = None, **fields: Any) -> Persona:
    """A new persona from an export (see `personas.shapes`). Raises Invalid, Forbidden, Conflict (the name is taken)."""
    persona = persona_create(actor, **fields)
    return picture_set(actor, persona, drawn=picture) if picture else persona
