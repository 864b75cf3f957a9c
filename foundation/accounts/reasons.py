"""Who may see one thing, and why: the same rules as `.permitted()`, told for all people at once.

A handful of queries per thing, however many people there are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from foundation.accounts.models import Role, Team, User
from foundation.core.permissions import LEVELS, holders, may, owner_field, share_tables

OWNER, SUPERUSER, DIRECT, ROLE, TEAM, INHERITED, CODE = (
    "owner", "superuser", "direct", "role", "team", "inherited", "code",
)  # fmt: skip
DEEPEST = 5


@dataclass(frozen=True)
class Share:
    """One row: `kind` is `user`, `role` or `team`, `to` the person, role or team."""

    kind: str
    to: User | Role | Team
    level: str


@dataclass(frozen=True)
class Reason:
    """`name` is the role's, the team's or the holder's; `because` is why the person may see that holder (`inherited`)."""

    kind: str
    level: str
    name: str = ""
    holder: Model | None = None
    because: "Reason | None" = None


@dataclass
class Access:
    """One person, the highest level they have, and every reason for it."""

    user: User
    reasons: list[Reason] = field(default_factory=list)

    @property
    def level(self) -> str:
        return max((reason.level for reason in self.reasons), key=LEVELS.index)


type Also = Callable[[Any], Iterable[tuple[User, Reason]]]
_also: dict[type[Model], Also] = {}


def register(model: type[Model], function: Also) -> None:
    """Reasons that a model has beside the common ones: `function(obj)` yields `(user, reason)`."""
    _also[model] = function


def shares_of(obj: Any) -> list[Share]:
    """With whom `obj` is shared: people first, then roles, then teams, by name."""
    to_users, to_groups = share_tables(type(obj)) or (None, None)
    if to_users is None:
        return []
    people = to_users.objects.filter(content_object=obj).select_related("user", "permission")
    groups = to_groups.objects.filter(content_object=obj)
    groups = groups.select_related("group__role", "group__team", "permission")
    found = [Share("user", row.user, _level(row)) for row in people]
    found += [
        Share(kind, getattr(row.group, kind), _level(row))
        for row in groups
        for kind in ("role", "team")
        if hasattr(row.group, kind)
    ]
    order = {"user": 0, "role": 1, "team": 2}
    return sorted(found, key=lambda each: (order[each.kind], str(each.to)))


def who_may_see(obj: Any) -> list[Access]:
    """Every active person who may see `obj`, those who may do most first."""
    found: dict[Any, Access] = {}
    reasons = [*_reasons(obj, DEEPEST), *_superusers()]
    for user, reason in reasons:
        if user.is_active:
            found.setdefault(user.pk, Access(user)).reasons.append(reason)
    return sorted(found.values(), key=lambda each: (-LEVELS.index(each.level), str(each.user)))


def seen_by(user: Any, obj: Any) -> list[Access]:
    """Everybody who may see `obj`, for those who may share it; oneself for all others."""
    people = who_may_see(obj)
    return people if may(user, "share", obj) else [each for each in people if each.user.pk == user.pk]


def people_of_code(code: str) -> list[tuple[User, str]]:
    """`(person, name of the role)` for every role that says `code`."""
    roles = Role.objects.select_related("group").prefetch_related("group__user_set")
    return [(user, role.name) for role in roles if code in role.codes for user in role.group.user_set.all()]


def _superusers() -> Iterator[tuple[User, Reason]]:
    for user in User.objects.filter(is_superuser=True, is_active=True):
        yield user, Reason(SUPERUSER, "manage")


def _reasons(obj: Any, deep: int) -> Iterator[tuple[User, Reason]]:
    owner = getattr(obj, owner_field(type(obj)))
    if owner is not None:
        yield owner, Reason(OWNER, "manage")
    yield from _shared(obj)
    if type(obj) in _also:
        yield from _also[type(obj)](obj)
    if deep:
        yield from _inherited(obj, deep)


def _shared(obj: Any) -> Iterator[tuple[User, Reason]]:
    for share in shares_of(obj):
        if isinstance(share.to, User):
            yield share.to, Reason(DIRECT, share.level)
        else:
            for user in share.to.group.user_set.all():
                yield user, Reason(share.kind, share.level, str(share.to))


def _inherited(obj: Any, deep: int) -> Iterator[tuple[User, Reason]]:
    for holder in holders(type(obj)):
        for parent in holder.of(obj):
            for user, reason in _reasons(parent, deep - 1):
                level = min(reason.level, holder.most, key=LEVELS.index)
                yield user, Reason(INHERITED, level, str(parent), parent, reason)


def _level(row: Any) -> str:
    level = row.permission.codename.partition("_")[0]
    return level if level in LEVELS else "view"
