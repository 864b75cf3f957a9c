"""Commands on personas and teams."""

import tomllib
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ai_integration import providers
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import Conflict, Invalid
from foundation.core.permissions import fetch_given, require, require_may_bring, require_permission
from knowledge.selectors import folder_parts
from personas import icons
from personas.models import Persona, PersonaTeam
from personas.services.pictures import picture_forget

STARTER_TEAM = Path(__file__).parent.with_name("starter_team.toml")
PERSONA_FIELDS = (
    "name",
    "role",
    "description",
    "personality",
    "skills",
    "model",
    "tools",
    "folders",
    "icon",
    "is_active",
)
LONGEST_WORD = {"skills": 60, "tools": 160}  # a tool is named as server/tool


@transaction.atomic
def persona_create(actor: Actor, *, owner: Any = None, **fields: Any) -> Persona:
    """A new persona, owned by `owner` (default: the actor). Raises Invalid, Forbidden, Conflict (the name is taken)."""
    require_permission(actor, "persona:create")
    _check(fields)
    persona = Persona(owner=owner or actor, **_known(fields))
    _save(persona)
    record(actor, "persona.created", persona, data={"name": persona.name, "role": persona.role})
    return persona


@transaction.atomic
def persona_update(actor: Actor, persona: Persona, **fields: Any) -> Persona:
    persona = require(actor, "change", Persona.objects.select_for_update().get(pk=persona.pk))
    _check(fields)
    changed = [name for name, value in _known(fields).items() if getattr(persona, name) != value]
    for name in changed:
        setattr(persona, name, fields[name])
    if "icon" in changed:
        _picture_dropped(persona)
    _save(persona)
    record(actor, "persona.updated", persona, data={"fields": changed})
    return persona


@transaction.atomic
def persona_delete(actor: Actor, persona: Persona) -> None:
    require(actor, "delete", persona)
    record(actor, "persona.deleted", persona, data={"name": persona.name})
    _picture_dropped(persona)
    persona.delete()


def _picture_dropped(persona: Persona) -> None:
    """Another icon takes its place, or the persona goes: the file goes when that is certain."""
    if persona.picture:
        pk, digest = persona.pk, persona.picture  # deleting the row empties its key
        transaction.on_commit(lambda: picture_forget(pk, digest), robust=True)
    persona.picture = ""


@transaction.atomic
def team_create(
    actor: Actor, *, name: str, members: list[Any], owner: Any = None, **fields: Any
) -> PersonaTeam:
    """A new team. `members` are personas or their ids; the actor must be allowed to give them work."""
    require_permission(actor, "persona_team:create")
    team = PersonaTeam(owner=owner or actor, name=name, **fields)
    _make_way(team)
    _save(team)
    team.members.set(_operable(actor, members))
    record(actor, "team.created", team, data={"name": name, "members": team.members.count()})
    return team


@transaction.atomic
def team_update(actor: Actor, team: PersonaTeam, **fields: Any) -> PersonaTeam:
    team = require(actor, "change", PersonaTeam.objects.select_for_update().get(pk=team.pk))
    members = fields.pop("members", None)
    members = members if members is None else _brought(actor, team, members)
    for name, value in fields.items():
        setattr(team, name, value)
    _make_way(team)
    _save(team)
    if members is not None:
        team.members.set(members)
    record(
        actor, "team.updated", team, data={"fields": [*fields, *(["members"] if members is not None else [])]}
    )
    return team


@transaction.atomic
def team_members_add(actor: Actor, team: PersonaTeam, *, members: list[Any]) -> PersonaTeam:
    """Add personas (or their ids) that the actor may give work to; who is a member already stays one."""
    team = require(actor, "change", PersonaTeam.objects.select_for_update().get(pk=team.pk))
    team.members.add(*_brought(actor, team, members))
    record(actor, "team.updated", team, data={"fields": ["members"]})
    return team


@transaction.atomic
def team_delete(actor: Actor, team: PersonaTeam) -> None:
    require(actor, "delete", team)
    record(actor, "team.deleted", team, data={"name": team.name})
    team.delete()


@transaction.atomic
def starter_team_create(owner: Any, *, language: str = "ja") -> PersonaTeam | None:
    """The starter team for somebody who has no persona and no team yet; else None. It is made once and then theirs."""
    if PersonaTeam.objects.filter(owner=owner).exists() or Persona.objects.filter(owner=owner).exists():
        return None
    data = tomllib.loads(STARTER_TEAM.read_text(encoding="utf-8"))
    members = [
        persona_create(SYSTEM, owner=owner, **{name: value[language] for name, value in each.items()})
        for each in data["persona"]
    ]
    return team_create(SYSTEM, owner=owner, name=data["name"][language], members=members, is_default=True)


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in PERSONA_FIELDS if name in fields}


def _check(fields: dict[str, Any]) -> None:
    for name in ("skills", "tools"):
        words = fields.get(name, [])
        if (
            not isinstance(words, list)
            or len(words) > 50
            or not all(isinstance(w, str) and 0 < len(w) <= LONGEST_WORD[name] for w in words)
        ):
            told = _("A list of up to 50 words, each up to %d characters.") % LONGEST_WORD[name]
            raise Invalid(details={name: [told]})
    _check_folders(fields.get("folders", []))
    if not icons.known(fields.get("icon", "")):
        raise Invalid(details={"icon": [_("There is no such icon.")]})
    if fields.get("model"):
        _check_model(fields["model"])


def _check_folders(folders: Any) -> None:
    if (
        not isinstance(folders, list)
        or len(folders) > 50
        or not all(isinstance(each, str) for each in folders)
    ):
        raise Invalid(details={"folders": [_("A list of up to 50 folders.")]})
    for folder in folders:
        try:
            folder_parts(folder)
        except Invalid as error:
            raise Invalid(str(error), details={"folders": [str(error)]}) from error


def _check_model(reference: str) -> None:
    try:
        providers.parse(reference)
    except Invalid as error:
        raise Invalid(str(error), details={"model": [str(error)]}) from error


def _make_way(team: PersonaTeam) -> None:
    """One default team per owner: a new one takes the place of the old."""
    if team.is_default:
        others = PersonaTeam.objects.filter(owner=team.owner, is_default=True).exclude(pk=team.pk)
        others.update(is_default=False)


def _save(obj: Persona | PersonaTeam) -> None:
    obj.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            obj.save()
    except IntegrityError as error:
        raise Conflict(
            _("That name is already taken."), code="name_taken", details={"name": obj.name}
        ) from error


def _brought(actor: Actor, team: PersonaTeam, members: list[Any]) -> list[Persona]:
    """Those that the actor may give work to and, where they are new to the team, may bring into it."""
    chosen = _operable(actor, members)
    there = set(team.members.values_list("pk", flat=True))
    for persona in chosen:
        if persona.pk not in there:
            require_may_bring(actor, team, persona)
    return chosen


def _operable(actor: Actor, members: list[Any]) -> list[Persona]:
    rows = Persona.objects.all()
    return [fetch_given("members", rows, actor, "operate", getattr(each, "pk", each)) for each in members]
