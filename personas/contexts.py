"""What the pages of secretaries and their teams show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import get_language

from ai_integration.contexts import models, suggestions
from ai_integration.selectors import default_reference, model_label
from foundation.core.permissions import fetch, may
from personas.models import Drawing, Persona, PersonaTeam
from personas.selectors import drawings, persona_teams, personas
from personas.states import DrawingStatus

MOST_SHOWN = 200
OPEN_DRAWINGS = (DrawingStatus.WAITING, DrawingStatus.DRAWING)


@dataclass(frozen=True)
class PersonasPage:
    """`roles` are those that there are; `at_work` whether only active ones are shown."""

    people: Sequence[Persona]
    teams: Sequence[PersonaTeam]
    roles: Sequence[str]
    words: str
    role: str
    anybody: bool
    default_model: str


def personas_page(user: Any, *, words: str = "", role: str = "") -> PersonasPage:
    rows = personas(user)
    for word in words[:200].split()[:10]:
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word) | Q(role__icontains=word))
    roles = personas(user).order_by("role").values_list("role", flat=True).distinct()
    people = list(
        (rows.filter(role=role) if role else rows).order_by("-is_active", "created_at")[:MOST_SHOWN]
    )
    teams = persona_teams(user).annotate(size=Count("members")).order_by("-is_default", "created_at")
    return PersonasPage(
        people, list(teams[:MOST_SHOWN]), list(roles), words, role, bool(roles), default_reference()
    )


@dataclass(frozen=True)
class PersonaPage:
    """`provider` is where what this secretary reads is sent to; empty when it stays on this machine."""

    persona: Persona
    model: str
    provider: str
    may_change: bool
    may_delete: bool
    drawing: Drawing | None

    @property
    def drawing_open(self) -> bool:
        return self.drawing is not None and self.drawing.status in OPEN_DRAWINGS


def persona_page(user: Any, pk: Any) -> PersonaPage:
    persona = fetch(personas(user), user, pk=pk)
    reference = persona.model or default_reference()
    provider = reference.partition(":")[0]
    return PersonaPage(
        persona,
        model_word(persona.model, reference),
        "" if provider == "builtin" else provider,
        may(user, "change", persona),
        may(user, "delete", persona),
        drawings(persona).first(),
    )


@dataclass(frozen=True)
class TeamPage:
    team: PersonaTeam
    members: Sequence[Persona]
    may_change: bool
    may_delete: bool


def team_page(user: Any, pk: Any) -> TeamPage:
    team = fetch(persona_teams(user), user, pk=pk)
    return TeamPage(team, list(team.members.all()), may(user, "change", team), may(user, "delete", team))


def model_word(reference: str, default: str = "") -> str:
    """How the model is named to people; `default` saves asking for it once per persona."""
    return model_label(reference, _language(), default)


def model_suggestions(user: Any) -> list[tuple[str, str]]:
    """`(provider:model, words)` of what a persona can think with."""
    return suggestions(models(user), _language())


def _language() -> str:
    return "ja" if (get_language() or "").startswith("ja") else "en"
