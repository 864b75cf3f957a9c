"""What the graphs remember between nodes, and what they are given for one invocation."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict

from ai_integration.models import CallRecord
from ai_integration.selectors import call_outcome
from foundation.core.leases import Lease
from personas.models import Persona
from personas.selectors import active_members
from workflows.models import Task, Workflow


class RunState(TypedDict, total=False):
    workflow: str
    plan_round: int
    review_round: int
    call: str


class TaskState(TypedDict, total=False):
    """`step` counts the questions to a model that may call tools; `asked` is the record of the last one."""

    workflow: str
    task: str
    revision: int
    step: int
    asked: str


class DiscussionState(TypedDict, total=False):
    """One turn. `seat` has the word, `reply_to` is the clarification to answer, `heard` the last message known then.

    `step` and `asked` as for a task.
    """

    discussion: str
    turn: int
    round: int
    seat: str
    reply_to: str
    heard: int
    call: str
    failure: str
    step: int
    asked: str


@dataclass
class Held:
    """What one invocation of a graph has in hand: the lease that it runs under, and what it has read already.

    `lease.row` is the run or task as it was claimed, with what was read along. A later invocation, also one after a crash,
    begins with nothing but the lease.
    """

    lease: Lease
    calls: dict[str, CallRecord] = field(default_factory=dict)

    @property
    def task(self) -> Task:
        return self.lease.row

    @property
    def workflow(self) -> Workflow:
        """As it was claimed: for what does not change while it is carried out (owner, team, vault, requirement)."""
        return self.lease.row.workflow

    @cached_property
    def members(self) -> list[Persona]:
        return active_members(self.workflow.team)

    def keep(self, call: CallRecord) -> str:
        """Remember a finished call for the nodes that come; returns its id, which is all that the state needs."""
        self.calls[str(call.pk)] = call
        return str(call.pk)

    def call(self, call_id: str) -> CallRecord:
        return self.calls.get(call_id) or call_outcome(call_id)
