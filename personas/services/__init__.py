"""Commands on personas, their teams and their pictures."""

from personas.services.drawings import drawing_ask, drawing_carry_out, drawings_sweep
from personas.services.moving import persona_export, persona_import
from personas.services.people import (
    PERSONA_FIELDS,
    persona_create,
    persona_delete,
    persona_update,
    starter_team_create,
    team_create,
    team_delete,
    team_members_add,
    team_update,
)
from personas.services.pictures import picture_clear, picture_set, pictures_sweep

__all__ = [
    "PERSONA_FIELDS",
    "drawing_ask",
    "drawing_carry_out",
    "drawings_sweep",
    "persona_create",
    "persona_delete",
    "persona_export",
    "persona_import",
    "persona_update",
    "picture_clear",
    "picture_set",
    "pictures_sweep",
    "starter_team_create",
    "team_create",
    "team_delete",
    "team_members_add",
    "team_update",
]
