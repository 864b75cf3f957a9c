"""What the pages of people and tokens show."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from foundation.accounts import selectors
from foundation.accounts.models import Invitation, Role, User
from foundation.core.paging import Page, paged
from foundation.core.scopes import READ, WRITE

ROLE_WORDS: dict[str, Promise] = {
    "owner": _("owner"),
    "manager": _("manager"),
    "approver": _("approver"),
    "member": _("member"),
    "viewer": _("viewer"),
    "auditor": _("auditor"),
}
SCOPES = (
    (READ, _("Read everything that I may see")),
    (WRITE, _("Work as I do: also create and change, but not people, roles, keys and connections")),
)
MOST_OPEN = 100


@dataclass(frozen=True)
class Choice:
    """A role in a person's form. `fixed` ones are not the viewer's to give or take."""

    role: Role
    word: str | Promise
    held: bool
    fixed: bool


@dataclass(frozen=True)
class Person:
    user: User
    words: Sequence[str | Promise]
    choices: Sequence[Choice]
    oneself: bool
    may_change: bool

    @property
    def may_give(self) -> bool:
        return not all(each.fixed for each in self.choices)


@dataclass(frozen=True)
class PeoplePage:
    people: Sequence[Person]
    page: Page
    invitations: Sequence[Invitation]
    may_invite: bool
    alone: bool
    """Whether the platform serves one person, so that nobody can be added."""


def role_word(name: str) -> str | Promise:
    return ROLE_WORDS.get(name, name)


def people_page(viewer: Any, *, cursor: str = "", search: str = "") -> PeoplePage:
    rows = selectors.users(viewer)
    for word in search.split()[:5]:
        rows = rows.filter(
            Q(username__icontains=word) | Q(display_name__icontains=word) | Q(email__icontains=word)
        )
    page = paged(rows.prefetch_related("groups__role"), cursor, by="date_joined")
    roles = list(selectors.roles(viewer).order_by("name"))
    givable = {role.pk for role in selectors.roles_to_give(viewer)} if _says(viewer, "role:grant") else set()
    return PeoplePage(
        people=[_person(viewer, user, roles, givable) for user in page],
        page=page,
        invitations=selectors.open_invitations(viewer)[:MOST_OPEN],
        may_invite=_says(viewer, "user:create"),
        alone=settings.SIGN_IN == "link",
    )


def _person(viewer: Any, user: User, roles: Sequence[Role], givable: set[Any]) -> Person:
    held = {group.role.pk: group.role for group in user.groups.all() if hasattr(group, "role")}
    codes = {code for role in held.values() for code in role.codes}
    stronger = not viewer.is_superuser and (user.is_superuser or not codes <= viewer.permission_codes)
    return Person(
        user=user,
        words=[role_word(role.name) for role in sorted(held.values(), key=lambda role: role.name)],
        choices=[
            Choice(role, role_word(role.name), role.pk in held, role.pk not in givable) for role in roles
        ],
        oneself=user.pk == viewer.pk,
        may_change=_says(viewer, "user:change") and user.pk != viewer.pk and not stronger,
    )


def _says(user: Any, code: str) -> bool:
    return user.is_superuser or code in user.permission_codes
