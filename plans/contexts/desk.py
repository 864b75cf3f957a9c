"""Who decides on a request, who has, and what the person who looks may do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ai_integration.selectors import mcp_tool_named
from foundation.core.permissions import may
from personas.models import Persona
from plans.effects import effect_words, what_it_does
from plans.models import ApprovalRequest, Plan, Seat, Vote
from plans.policy import work_of
from plans.selectors import approval, needed, obstacle, people_in, seats, votes
from plans.states import RequestStatus

TOLD_ELSEWHERE = frozenset(
    (
        "server", "tool", "arguments", "edited_arguments", "effect", "hints", "question", "choices", "about", "round", "persona",
        "remember", "call", "key", "pinned", "attempt", "workflow", "task",
        "discussion",
    )
)  # fmt: skip
"""What the page of a request says in its own words, or what only the platform can read."""


@dataclass(frozen=True)
class Stage:
    """One step of the policy: who sits there, how many must approve, and who has."""

    number: int
    seats: Sequence[Seat]
    needed: int
    given: Sequence[Vote]
    current: bool
    done: bool


@dataclass(frozen=True)
class Desk:
    """A request that waits. `why_not` is why the person who looks does not decide; `own` what they decided already."""

    request: ApprovalRequest
    stages: Sequence[Stage]
    own: Vote | None
    why_not: str
    short: bool

    @property
    def can_decide(self) -> bool:
        return not self.why_not and self.own is None

    @property
    def can_take_back(self) -> bool:
        return self.own is not None and self.own.step == self.request.step


def desk_of(user: Any, plan: Plan | None, request: ApprovalRequest) -> Desk:
    cast = [vote for vote in votes(request) if vote.withdrawn_at is None]
    present = [vote for vote in cast if vote.user_id == user.pk]
    return Desk(
        request=request,
        stages=_stages(request, cast) if request.seated else [],
        own=next((vote for vote in present if vote.step == request.step), None),
        why_not=obstacle(user, request, plan or request),
        short=request.seated and people_in(request).count() < needed(request),
    )


def _stages(request: ApprovalRequest, cast: Sequence[Vote]) -> list[Stage]:
    every = seats(request)
    return [
        Stage(
            number=number + 1,
            seats=[seat for seat in every if seat.step == number],
            needed=step["needed"],
            given=[vote for vote in cast if vote.step == number],
            current=number == request.step,
            done=number < request.step,
        )
        for number, step in enumerate(request.policy.get("steps", []))
    ]


@dataclass
class RequestPage:
    """Everything but a plan that waits: what would happen in the platform's words, and the exact arguments."""

    request: ApprovalRequest
    desk: Desk | None
    work_address: str
    work_title: str
    persona: str = ""
    rule_for: str = ""
    form: Any = None

    @property
    def kind(self) -> str:
        return self.request.kind

    @property
    def effect(self) -> str:
        """What a call would do, or, where nobody knows whether it did, what it was meant to do."""
        if self.kind == ApprovalRequest.Kind.UNKNOWN_EFFECT:
            return " ".join(str(each) for each in what_it_does(self.request.payload))
        return effect_words(self.request.payload)

    @property
    def arguments(self) -> str:
        return shown(self.request.payload.get("arguments", {}))

    @property
    def edited(self) -> str:
        given = self.request.payload.get("edited_arguments")
        return "" if given is None else shown(given)

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What else the request brought, in plain text."""
        rest = {name: value for name, value in self.request.payload.items() if name not in TOLD_ELSEWHERE}
        return [(name, value if isinstance(value, str) else shown(value)) for name, value in rest.items()]


def request_page(user: Any, pk: Any) -> RequestPage:
    """Raises NotFound."""
    request = approval(user, pk)
    work = work_of(request.subject_id)
    pending = request.status == RequestStatus.PENDING
    desk = desk_of(user, None, request) if pending else None
    persona = persona_asking(request)
    rule_for = persona if desk and desk.can_decide and _may_rule(user, request) else ""
    return RequestPage(request, desk, work.address, work.title, persona, rule_for)


def persona_asking(request: ApprovalRequest) -> str:
    """The name of the secretary whose model asked for the call, while it is there."""
    asking = request.payload.get("persona")
    found = Persona.objects.filter(pk=asking).first() if asking else None
    return str(found or "")


def _may_rule(user: Any, request: ApprovalRequest) -> bool:
    """Whether they may let the secretary call the very tool that is asked about from now on."""
    told = request.payload
    if request.kind != ApprovalRequest.Kind.TOOL_CALL:
        return False
    tool = mcp_tool_named(told.get("server", ""), told.get("tool", ""))
    same = tool is not None and tool.approved and tool.digest == told.get("pinned")
    return same and may(user, "change", tool.server)


def shown(value: Any) -> str:
    """JSON as people read it; every character that stands in it is shown."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)
