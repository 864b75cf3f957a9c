"""With whom one thing is shared, and at which level. A share is one row per person, role or team."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from guardian.shortcuts import assign_perm

from foundation.accounts.models import Role, Team, User
from foundation.accounts.selectors import NOT_SHARED
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Invalid
from foundation.core.permissions import LEVELS, NEEDED, owner_field, require, share_tables

type Grantee = User | Role | Team

THE_OWNER = _("It belongs to this person already.")
GONE = _("This person's account is closed.")
UNKNOWN_LEVEL = _("There is no such level.")


@transaction.atomic
def access_grant(actor: Actor, obj: Any, *, to: Grantee, level: str) -> Model:
    """Share `obj` with a person, a role or a team at `level`, which takes the place of the level they had.

    Raises Forbidden for whoever may not manage it, Invalid.
    """
    obj = _locked(actor, obj)
    if level not in LEVELS:
        raise Invalid(details={"level": [str(UNKNOWN_LEVEL)]})
    _check_grantee(obj, to)
    before = _taken(obj, to)
    holder = _holder(to)
    assign_perm(f"{level}_{obj._meta.model_name}", holder, obj)
    if before != level:
        _say(actor, obj, to, before=before, level=level)
    return obj


@transaction.atomic
def access_withdraw(actor: Actor, obj: Any, *, to: Grantee) -> Model:
    """End what was shared. Whoever it was shared with in person may end that themselves.

    Raises Forbidden, Invalid where nothing was shared.
    """
    obj = _locked(actor, obj, "view" if getattr(to, "pk", None) == actor.pk else "share")
    before = _taken(obj, to)
    if not before:
        raise Invalid(NOT_SHARED, details={"to": [str(NOT_SHARED)]})
    _say(actor, obj, to, before=before, level="")
    return obj


def access_set(actor: Actor, obj: Any, *, to: User | Group, codenames: Iterable[str]) -> Model:
    """As guardian's own pages say it: the highest of `codenames` (`operate_persona`, …) is the level; none withdraws."""
    actions = {codename.rpartition("_")[0] for codename in codenames}
    wanted = max((LEVELS.index(NEEDED.get(action, "manage")) for action in actions), default=None)
    grantee = to if isinstance(to, User) else _of_group(to)
    if wanted is not None:
        return access_grant(actor, obj, to=grantee, level=LEVELS[wanted])
    return access_withdraw(actor, obj, to=grantee) if level_of(obj, grantee) else require(actor, "share", obj)


def level_of(obj: Any, to: Grantee) -> str:
    """The level at which `obj` is shared with exactly that person, role or team; empty where it is not."""
    found = [row.permission.codename.partition("_")[0] for row in _rows(obj, to).select_related("permission")]
    return max(found, key=LEVELS.index, default="")


def _locked(actor: Actor, obj: Any, action: str = "share") -> Any:
    return require(actor, action, type(obj)._default_manager.select_for_update().get(pk=obj.pk))


def _check_grantee(obj: Any, to: Grantee) -> None:
    if isinstance(to, User) and to.pk == getattr(obj, f"{owner_field(type(obj))}_id"):
        raise Invalid(THE_OWNER, details={"to": [str(THE_OWNER)]})
    if isinstance(to, User) and not to.is_active:
        raise Invalid(GONE, details={"to": [str(GONE)]})


def _holder(to: Grantee) -> User | Group:
    return to if isinstance(to, User) else to.group


def _of_group(group: Group) -> Role | Team:
    found = Role.objects.filter(group=group).first() or Team.objects.filter(group=group).first()
    if found is None:
        raise Invalid(NOT_SHARED)
    return found


def _rows(obj: Any, to: Grantee) -> Any:
    tables = share_tables(type(obj))
    if tables is None:
        raise Invalid(NOT_SHARED)
    to_users, to_groups = tables
    if isinstance(to, User):
        return to_users.objects.filter(user=to, content_object=obj)
    return to_groups.objects.filter(group=to.group, content_object=obj)


def _taken(obj: Any, to: Grantee) -> str:
    before = level_of(obj, to)
    _rows(obj, to).delete()
    return before


def _say(actor: Actor, obj: Any, to: Grantee, *, before: str, level: str) -> None:
    """The person hears it, so that an open page of theirs does not stay behind. Others who follow the thing do not: with
    whom it is shared is told to those who may share it."""
    told = [to] if isinstance(to, User) and level and not before else []
    streams = [f"inbox:{to.pk}"] if isinstance(to, User) and not told else []
    about = {"kind": to._meta.model_name, "id": str(to.pk), "name": str(to)}
    record(
        actor,
        "access.changed",
        obj,
        streams=streams,
        from_=before or "none",
        to=level or "none",
        data={"with": about},
        notify=told,
        title=str(obj),
    )
