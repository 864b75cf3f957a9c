"""Commands on teams of people."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from foundation.accounts.models import Team, User
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Invalid
from foundation.core.permissions import require, require_permission

NAME_NEEDED = _("Give the team a name.")
NOBODY = _("There is no such person.")


@transaction.atomic
def people_team_create(actor: Actor, *, name: str, members: Iterable[User] = ()) -> Team:
    """A new team of the actor and `members`. Raises Forbidden, Invalid."""
    require_permission(actor, "team:create")
    pk = uuid.uuid4()
    team = Team(pk=pk, name=_checked(name), owner=actor, group=Group.objects.create(name=f"team:{pk}"))
    team.full_clean()
    team.save()
    team.group.user_set.set({actor, *_active(members)})
    record(actor, "people_team.created", team, data={"name": team.name, "members": _ids(team)})
    return team


@transaction.atomic
def people_team_update(actor: Actor, team: Team, **changes: Any) -> Team:
    """Change `name` or `members`. Who leaves loses at once what was shared with the team."""
    team = require(actor, "change", Team.objects.select_for_update().get(pk=team.pk))
    if "name" in changes:
        team.name = _checked(changes["name"])
        team.save(update_fields=["name", "updated_at"])
    before = set(team.group.user_set.all())
    if "members" in changes:
        team.group.user_set.set(_active(changes["members"]))
    after = set(team.group.user_set.all())
    record(
        actor,
        "people_team.updated",
        team,
        streams=[f"inbox:{user.pk}" for user in before - after],
        data={"fields": sorted(changes), "members": _ids(team)},
        notify=after - before - {actor},
        title=team.name,
    )
    return team


@transaction.atomic
def people_team_leave(actor: Actor, team: Team) -> None:
    """Leave a team that one is in."""
    team = require(actor, "view", Team.objects.select_for_update().get(pk=team.pk))
    team.group.user_set.remove(actor)
    record(actor, "people_team.left", team, data={"members": _ids(team)})


@transaction.atomic
def people_team_delete(actor: Actor, team: Team) -> None:
    """Delete the team; what was shared with it is shared no more."""
    team = require(actor, "delete", Team.objects.select_for_update().get(pk=team.pk))
    record(actor, "people_team.deleted", team, data={"name": team.name, "members": _ids(team)})
    team.group.delete()  # the team goes with it


def _checked(name: str) -> str:
    if not (name := name.strip()):
        raise Invalid(details={"name": [str(NAME_NEEDED)]})
    return name


def _active(members: Iterable[User]) -> list[User]:
    chosen = list(members)
    if any(not each.is_active for each in chosen):
        raise Invalid(details={"members": [str(NOBODY)]})
    return chosen


def _ids(team: Team) -> list[str]:
    return sorted(str(pk) for pk in team.group.user_set.values_list("pk", flat=True))
