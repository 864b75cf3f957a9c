"""The one permission verb: `.permitted(user, action)`.

A model says how it is reached: `owner_field` names the user who may do everything with it, `permitted_through` names the
foreign key whose target decides instead. Otherwise it can be shared at a level, and each level holds those before it. A
share is one row of guardian's direct foreign-key tables with the permission `<level>_<model>`; they are read in subqueries,
so that a list costs one query however many rows it has. What holds a thing hands its rights on to it (`Holder`).
"""

from typing import Any, Self

from django.db import models
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from foundation.core.conditions import (
    LEVELS,
    NEEDED,
    May,
    holders,
    level_permissions,
    levels_for,
    owner_field,
    permission_q,
    share_tables,
)
from foundation.core.errors import Forbidden, Invalid, NotFound
from foundation.core.listing import first, found, probing
from foundation.core.scopes import covers, covers_rows

__all__ = [
    "LEVELS",
    "NEEDED",
    "NOT_THERE",
    "PermittedQuerySet",
    "fetch",
    "fetch_given",
    "first",
    "found",
    "holders",
    "holds_code",
    "level_permissions",
    "levels_for",
    "may",
    "owner_field",
    "permission_q",
    "probing",
    "require",
    "require_may_bring",
    "require_permission",
    "share_tables",
]

NOT_THERE = _("This does not exist, or you may not see it.")


class PermittedQuerySet(QuerySet):
    def permitted(self, user: Any, action: str = "view") -> Self:
        """The rows with which `user` may do `action` (view, comment, operate, approve, change, delete, share, …)."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        if not covers_rows(user, self.model, action):
            return self.none()
        if user.is_superuser or getattr(user, "sees_all", False):
            return self
        return self.filter(May(self.model, user, action))


def fetch[M: models.Model](queryset: QuerySet[M], user: Any, action: str = "view", **lookup: Any) -> M:
    """One row for `action`. Raises NotFound when it is invisible, Forbidden when it is visible but not allowed."""
    row = probing(queryset.permitted(user, "view")).filter(**lookup).first()
    if row is None:
        raise NotFound
    return require(user, action, row)


def fetch_given[M: models.Model](field: str, queryset: QuerySet[M], user: Any, action: str, pk: Any) -> M:
    """One row that a command was given by id in `field`. Raises Invalid naming the field, or Forbidden."""
    try:
        return fetch(queryset, user, action, pk=pk)
    except NotFound as error:
        raise Invalid(details={field: [str(NOT_THERE)]}) from error


def require[M: models.Model](user: Any, action: str, obj: M) -> M:
    """`obj`, if `user` may do `action` with it. Raises Forbidden."""
    if action != "view" and not may(user, action, obj):
        raise Forbidden(details={"action": f"{obj._meta.model_name}:{action}"})
    return obj


def require_may_bring(user: Any, into: Any, thing: Any) -> None:
    """Before `into` comes to hold `thing`. That hands rights on where both have one owner, so whoever does it must be
    allowed to share the thing. Raises Forbidden."""
    if thing is not None and thing.owner_id == into.owner_id:
        require(user, "share", thing)


def require_permission(user: Any, code: str) -> None:
    """Check a `resource:action` code such as `persona:create`. Raises Forbidden."""
    held = user.is_superuser or code in getattr(user, "permission_codes", ())
    if not (user.is_active and held and covers(user, code)):
        raise Forbidden(details={"permission": code})


def holds_code(user: Any, code: str) -> bool:
    """Whether `require_permission` lets them."""
    try:
        require_permission(user, code)
    except Forbidden:
        return False
    return True


def may(user: Any, action: str, obj: Model) -> bool:
    """Whether `user` may do `action` with `obj`: for a page that shows only what can be done. Of those who may do everything
    nothing is asked."""
    if getattr(user, "is_superuser", False) and user.is_active:
        return True
    return probing(type(obj)._default_manager.permitted(user, action)).filter(pk=obj.pk).exists()
