"""Reading personas and teams."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from foundation.core.permissions import fetch_given, probing
from personas.models import Drawing, Persona, PersonaTeam

REVIEW_WORDS = ("レビュー", "査読", "品質", "review", "quality")
PLANNING_WORDS = ("企画", "計画", "planner", "planning")


def personas(user: Any) -> QuerySet[Persona]:
    """The personas that `user` may see, each with those of its teams that `user` may see too."""
    return Persona.objects.permitted(user, "view").select_related("owner").prefetch_related(_teams(user))


def persona_teams(user: Any) -> QuerySet[PersonaTeam]:
    return PersonaTeam.objects.permitted(user, "view").prefetch_related("members")


def team_members(user: Any, team: PersonaTeam) -> QuerySet[Persona]:
    """Who is in the team. Whoever sees a team sees its members."""
    return team.members.select_related("owner").prefetch_related(_teams(user))


def _teams(user: Any) -> Prefetch:
    # Of a page of personas there are few teams: each is asked about, rather than all collected that the user may see.
    return Prefetch("teams", queryset=probing(PersonaTeam.objects.permitted(user, "view")))


def team_for(user: Any, team_id: Any = None) -> PersonaTeam | None:
    """The team named, or the user's default team. Raises Invalid or Forbidden for a named one."""
    if team_id:
        return fetch_given("team", PersonaTeam.objects.all(), user, "operate", team_id)
    return PersonaTeam.objects.filter(owner=user).order_by("-is_default", "created_at").first()


def active_members(team: PersonaTeam | None) -> list[Persona]:
    """The team's active personas, in the order in which they were made."""
    return list(team.members.filter(is_active=True).order_by("created_at", "name")) if team else []


def for_role(members: Sequence[Persona], role: str) -> Persona | None:
    """Who takes work of `role`: the same role, then one whose role or skills name it."""
    wanted = role.strip().casefold()
    exact = [each for each in members if each.role.casefold() == wanted]
    close = [each for each in members if _names(each, wanted)]
    return next(iter(exact or close), None)


def by_name(members: Sequence[Persona], name: str) -> Persona | None:
    return next((each for each in members if name and each.name == name), None)


def planner(members: Sequence[Persona]) -> Persona | None:
    return _with_words(members, PLANNING_WORDS) or next(iter(members), None)


def reviewer(members: Sequence[Persona], authors: set[Any]) -> Persona | None:
    """Somebody who reviews and wrote none of it; `authors` are persona ids."""
    others = [each for each in members if each.pk not in authors]
    return _with_words(others, REVIEW_WORDS) or next(iter(others), None)


def _names(persona: Persona, wanted: str) -> bool:
    words = [persona.role, *persona.skills]
    return any(wanted and (wanted in word.casefold() or word.casefold() in wanted) for word in words)


def _with_words(members: Sequence[Persona], words: Sequence[str]) -> Persona | None:
    return next((each for word in words for each in members if _names(each, word)), None)


def drawings(persona: Persona) -> QuerySet[Drawing]:
    """The latest pictures that were asked for, for those who may see the persona."""
    return Drawing.objects.filter(persona=persona)[:10]
