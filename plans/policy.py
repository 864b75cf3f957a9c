"""What an approval policy says: who decides, how many of them, in which order, until when. Pure.

A project or a workflow carries it as JSON. The room that knows what a plan is for registers how it is found, so that this
room need not know projects.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from foundation.core.errors import Invalid

Hours = Annotated[float, Field(gt=0, le=24 * 366, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
MOST = 50
MISSING = {"missing": gettext_lazy("This is needed.")}
NO_DEADLINE = gettext_lazy("Without a deadline there is nothing to remind of, and nothing passes.")


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Approvers(Shape):
    """People by id, by the name of a role, or by the id of a team of people."""

    users: Annotated[list[UUID], Field(max_length=MOST)] = []
    roles: Annotated[list[Name], Field(max_length=MOST)] = []
    teams: Annotated[list[UUID], Field(max_length=MOST)] = []

    @property
    def named(self) -> bool:
        return bool(self.users or self.roles or self.teams)


class Step(Approvers):
    """`needed` of those named must approve before the next step is asked."""

    needed: Annotated[int, Field(ge=1, le=MOST)] = 1

    @field_validator("needed")
    @classmethod
    def _enough(cls, needed: int, others: ValidationInfo) -> int:
        users, groups = (
            others.data.get("users", []),
            [*others.data.get("roles", []), *others.data.get("teams", [])],
        )
        if users and not groups and needed > len(set(users)):
            raise _wrong(_("More approvals are needed than people are named."))
        return needed

    @model_validator(mode="after")
    def _somebody(self) -> "Step":
        if not self.named:
            raise _wrong(_("Name at least one person, role or team."))
        return self


class AutoRule(Shape):
    """When nobody needs to be asked. Everything that is not allowed here is asked about.

    `max_cost` (needed): the sum of the items' estimates in US dollars; an item without an estimate is asked about. `tools`:
    the only ones that those who do the work may hold. `vault_writes`: whether a report may be written into a vault. `set_by`
    is filled in by the platform: the person who set the rule and in whose name it approves.
    """

    max_cost: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
    tools: Annotated[list[Name], Field(max_length=200)] = []
    vault_writes: bool = False
    set_by: UUID | None = None


class Policy(Shape):
    """`remind_hours` count back from the deadline. Without `steps` whoever may approve decides alone."""

    steps: Annotated[list[Step], Field(max_length=10)] = []
    author_may_approve: bool = True
    deadline_hours: Hours | None = None
    remind_hours: Annotated[list[Hours], Field(max_length=10)] = []
    on_deadline: Literal["wait", "escalate", "reject", "expire"] = "wait"
    escalate_to: Annotated[Approvers, Field(validate_default=True)] = Approvers()
    max_rounds: Annotated[int, Field(ge=1, le=50)] | None = None
    auto: AutoRule | None = None

    @field_validator("remind_hours")
    @classmethod
    def _in_time(cls, hours: list[float], others: ValidationInfo) -> list[float]:
        deadline = others.data.get("deadline_hours")
        if hours and deadline is None:
            raise _wrong(NO_DEADLINE)
        if any(each >= deadline for each in hours):
            raise _wrong(_("A reminder must come after the question and before the deadline."))
        return hours

    @field_validator("on_deadline")
    @classmethod
    def _passes(cls, what: str, others: ValidationInfo) -> str:
        if what != "wait" and others.data.get("deadline_hours") is None:
            raise _wrong(NO_DEADLINE)
        return what

    @field_validator("escalate_to")
    @classmethod
    def _reachable(cls, who: Approvers, others: ValidationInfo) -> Approvers:
        if others.data.get("on_deadline") == "escalate" and not who.named:
            raise _wrong(_("Say who is asked when the deadline passes."))
        return who


def _wrong(words: Any) -> PydanticCustomError:
    return PydanticCustomError("policy", str(words))


type Place = tuple[int | str, ...]


class Unsound(Invalid):
    """A policy that makes no sense. `found` says what is wrong and where: `("steps", 0, "needed")`."""

    def __init__(self, found: list[tuple[Place, str]]) -> None:
        self.found = found
        told = [f"{'.'.join(map(str, place))}: {words}".strip(": ") for place, words in found[:20]]
        super().__init__(details={"policy": told})


def read(stored: Any) -> Policy:
    """The policy as it was stored. Raises Unsound (field `policy`) for what is none."""
    try:
        return Policy.model_validate(stored or {})
    except ValidationError as error:
        found = error.errors()
        raise Unsound([(each["loc"], MISSING.get(each["type"]) or each["msg"]) for each in found]) from error


@dataclass(frozen=True)
class Work:
    """What a plan or a request is for, as far as this room must know: where it is looked at, and what it would touch."""

    address: str = ""
    title: str = ""
    policy: dict[str, Any] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    writes_vault: bool = True


type Lookup = Callable[[UUID], Work | None]

_lookups: dict[str, Lookup] = {}


def register(name: str, lookup: Lookup) -> None:
    """Say how the work with a certain id is found; called from `AppConfig.ready`."""
    _lookups[name] = lookup


def work_of(subject_id: UUID | None) -> Work:
    """The work that a plan or a request is for; an unknown one has no policy."""
    found = (lookup(subject_id) for lookup in _lookups.values()) if subject_id else ()
    return next((work for work in found if work is not None), Work())
