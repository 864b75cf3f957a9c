"""The page that says with whom one thing is shared, who may see it, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Manager, Model
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ai_integration.models import Credential
from foundation.accounts.models import Role, Team, User
from foundation.accounts.reasons import Access, Share, seen_by, shares_of
from foundation.accounts.selectors import colleagues, roles, teams
from foundation.accounts.words import LEVEL_WORDS, sentence
from foundation.core.errors import NotFound
from foundation.core.permissions import fetch, may, owner_field
from knowledge.models import Source, Vault
from personas.models import Persona, PersonaTeam
from plans.models import Plan
from workflows.models import Discussion, Project, Workflow

type Kind = tuple[type[Model], str, str | Promise]

KINDS: dict[str, Kind] = {
    "persona": (Persona, "persona", _("Secretary")),
    "personateam": (PersonaTeam, "team", _("Team")),
    "project": (Project, "project", _("Project")),
    "workflow": (Workflow, "workflow", _("Workflow")),
    "plan": (Plan, "plan", _("Plan")),
    "discussion": (Discussion, "discussion", _("Discussion")),
    "vault": (Vault, "vault", _("Vault")),
    "source": (Source, "source", _("Source")),
    "credential": (Credential, "", _("AI model")),
}
GRANTEES: dict[str, str | Promise] = {"user": _("person"), "role": _("role"), "team": _("team")}


@dataclass(frozen=True)
class Row:
    """One share, in words."""

    share: Share

    @property
    def kind(self) -> str | Promise:
        return GRANTEES[self.share.kind]

    @property
    def level(self) -> str | Promise:
        return LEVEL_WORDS[self.share.level]


@dataclass(frozen=True)
class Seer:
    """Somebody who may see it, and every reason in a sentence."""

    access: Access

    @property
    def level(self) -> str | Promise:
        return LEVEL_WORDS[self.access.level]

    @property
    def reasons(self) -> list[str]:
        return [sentence(reason) for reason in self.access.reasons]


@dataclass(frozen=True)
class SharingPage:
    """`shares` is empty for those who may not share it, and `seers` then tells of themselves only.

    `handed_on` is what those with whom it is shared get to see with it.
    """

    obj: Any
    kind: str
    may_share: bool
    shares: Sequence[Row]
    seers: Sequence[Seer]
    handed_on: Sequence[str]

    @property
    def word(self) -> str | Promise:
        return KINDS[self.kind][2]

    @property
    def address(self) -> str:
        page = KINDS[self.kind][1]
        return reverse(page, args=[self.obj.pk]) if page else reverse("ai-models")

    @property
    def reachable(self) -> bool:
        """Whether what lies in it is handed on too, whatever it is now."""
        return self.kind == "project"


@dataclass(frozen=True)
class Grantees:
    """Whom the form can offer."""

    people: Sequence[User]
    roles: Sequence[Role]
    teams: Sequence[Team]


MOST_OFFERED = 200


def thing(user: Any, kind: str, pk: Any, action: str = "view") -> Any:
    """The thing that an address names. Raises NotFound, Forbidden."""
    if kind not in KINDS:
        raise NotFound
    return fetch(KINDS[kind][0]._default_manager.all(), user, action, pk=pk)


def sharing_page(user: Any, kind: str, pk: Any) -> SharingPage:
    obj = thing(user, kind, pk)
    may_share = may(user, "share", obj)
    shares = [Row(each) for each in shares_of(obj)] if may_share else []
    return SharingPage(obj, kind, may_share, shares, [Seer(each) for each in seen_by(user, obj)], _held(obj))


def grantees(user: Any) -> Grantees:
    return Grantees(
        list(colleagues(user).exclude(pk=user.pk)[:MOST_OFFERED]),
        list(roles(user)[:MOST_OFFERED]),
        list(teams(user)[:MOST_OFFERED]),
    )


def _held(obj: Any) -> list[str]:
    """What the thing names and hands its rights on to: that of the same owner."""
    found: list[Any] = []
    for name in getattr(type(obj), "holds", {}):
        value = getattr(obj, name)
        found += list(value.all()) if isinstance(value, Manager) else [value]
    mine = getattr(obj, f"{owner_field(type(obj))}_id")
    return [str(each) for each in found if each is not None and each.owner_id == mine]
