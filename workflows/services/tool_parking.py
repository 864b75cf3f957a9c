"""A call that waits for a human: its task or discussion is parked with a request, and goes on there once that is decided."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext as _

from ai_integration.errors import ApprovalRequired
from foundation.activity.services import record
from foundation.core.canonical import sha256_of
from foundation.core.leases import Lease, guard
from plans.effects import effect_words
from plans.models import ApprovalRequest
from plans.services import request_open
from plans.states import RequestStatus
from workflows.models import Discussion, Task, Workflow
from workflows.selectors import CARRYING_OUT
from workflows.services.discussions import discussion_resume
from workflows.services.moves import ENGINE, go_on, task_move, waits_no_more
from workflows.services.saying import discussion_move
from workflows.services.stepping import Halted
from workflows.services.talking import talking
from workflows.states import DiscussionStatus, TaskStatus, WorkflowStatus

KINDS = ("tool_call", "unknown_effect")
PENDING = RequestStatus.PENDING
WAITS = DiscussionStatus.WAITING_FOR_HUMAN


@dataclass(frozen=True)
class Decided:
    """What a person said about one call: `status` is that of the request."""

    status: str
    arguments: dict[str, Any]
    answer: str = ""
    comment: str = ""
    pinned: str = ""
    attempt: int = 0


@transaction.atomic
def task_park(lease: Lease, workflow_id: UUID | str, need: ApprovalRequired) -> None:
    """Ask the human, and let the task wait. The words of the question are the platform's own."""
    workflow = Workflow.objects.select_for_update(of=("self",)).select_related("owner").get(pk=workflow_id)
    task = guard(lease)
    task.workflow = workflow
    if task.status != TaskStatus.RUNNING:
        return
    _ask(workflow, task.pk, need, {"workflow": str(workflow.pk), "task": str(task.pk)})
    task_move(ENGINE, task, TaskStatus.WAITING, data={"kind": need.kind, "tool": _name(need)})
    go_on(workflow)


@transaction.atomic
def talk_park(lease: Lease, need: ApprovalRequired) -> None:
    """Ask the human, and let the discussion wait in the middle of its turn. Raises Halted, LeaseLost."""
    discussion = talking(lease)
    # A discussion that goes on takes its question back, so the move comes first.
    stops = {"reason": _title(need)[:1000], "resumes_to": discussion.status}
    discussion_move(ENGINE, discussion, WAITS, **stops)
    _ask(discussion, discussion.pk, need, {"discussion": str(discussion.pk)})


def _ask(
    work: Workflow | Discussion, subject_id: UUID, need: ApprovalRequired, place: dict[str, str]
) -> None:
    kinds = ApprovalRequest.Subject
    told = need.details | {"effect": effect(need)} | place
    request_open(
        ENGINE,
        owner=work.owner,
        kind=need.kind,
        subject_id=subject_id,
        subject_kind=kinds.TASK if "task" in place else kinds.DISCUSSION,
        title=_title(need),
        content_hash=told.pop("content_hash", "") or sha256_of(told),
        streams=(work.stream,),
        payload=told,
    )


@transaction.atomic
def task_wake(task_id: UUID | str) -> None:
    """Let a task go on whose question has been decided, or withdrawn. Does nothing while it still waits for one."""
    found = Task.objects.filter(pk=task_id, status=TaskStatus.WAITING).first()
    if found is None or ApprovalRequest.objects.filter(subject_id=task_id, status=PENDING).exists():
        return
    workflow = (
        Workflow.objects.select_for_update(of=("self",)).select_related("owner").get(pk=found.workflow_id)
    )
    task = Task.objects.select_for_update().get(pk=task_id)
    if task.status != TaskStatus.WAITING:
        return
    task.workflow = workflow
    task_move(ENGINE, task, TaskStatus.PENDING, attempts=0, queued_at=None)
    waits_no_more(workflow)


@transaction.atomic
def talk_wake(discussion_id: UUID | str) -> None:
    """Let a discussion go on whose question about a call has been decided. Does nothing while it still waits for one."""
    waits = Discussion.objects.filter(pk=discussion_id, status=WAITS)
    discussion = waits.select_for_update(of=("self",)).select_related("owner").first()
    if discussion is None or not discussion.resumes_to:
        return
    if not ApprovalRequest.objects.filter(subject_id=discussion.pk, status=PENDING).exists():
        discussion_resume(discussion.owner, discussion)


def talks_to_wake() -> list[UUID]:
    """Discussions that wait although nothing is undecided any more: the message about it was lost."""
    asked = ApprovalRequest.objects.filter(subject_id=OuterRef("pk"))
    last = Subquery(asked.order_by("-created_at", "-id").values("kind")[:1])
    rows = Discussion.objects.filter(~Exists(asked.filter(status=PENDING)), status=WAITS).exclude(
        resumes_to=""
    )
    return list(rows.alias(last=last).filter(last__in=KINDS).values_list("pk", flat=True)[:500])


def parked_to_wake() -> list[UUID]:
    """Tasks that wait although nothing is undecided any more: the message about it was lost."""
    asked = ApprovalRequest.objects.filter(subject_id=OuterRef("pk"), status=PENDING)
    rows = Task.objects.filter(~Exists(asked), status=TaskStatus.WAITING)
    return list(rows.exclude(workflow__status=WorkflowStatus.PAUSED).values_list("pk", flat=True)[:500])


def still_held(lease: Lease) -> None:
    """Asked right before a tool with effects is called. Raises LeaseLost, Halted."""
    if lease.model is Discussion:
        with transaction.atomic():
            talking(lease)
        return
    with transaction.atomic():
        task = guard(lease, "workflow")
    if task.workflow.status not in CARRYING_OUT or task.status != TaskStatus.RUNNING:
        raise Halted(details={"status": task.workflow.status})


@transaction.atomic
def tool_told(lease: Lease, work: Workflow | Discussion, type_: str, data: dict[str, Any]) -> None:
    """Tell whoever watches which tool is called, and what came of it."""
    record(ENGINE, type_, guard(lease), streams=[work.stream], data=data)


def decision_on(subject_id: UUID, kind: str, key: str) -> Decided | None:
    """What was decided last about the call under `key`; None when nothing was, nothing yet, or the question was taken back."""
    rows = ApprovalRequest.objects.filter(subject_id=subject_id, kind=kind, payload__key=key)
    row = rows.exclude(status__in=(PENDING, RequestStatus.WITHDRAWN)).order_by("-created_at").first()
    if row is None:
        return None
    told = row.payload
    arguments = told.get("edited_arguments") or told.get("arguments") or {}
    return Decided(
        row.status, arguments, row.answer, row.comment, told.get("pinned", ""), told.get("attempt", 0)
    )


def remembered(place: dict[str, str], server: str, tool: str, pinned: str) -> bool:
    """Whether a person allowed this very tool for the rest of this run or discussion, whichever task it is for."""
    told = {name: value for name, value in place.items() if name != "task"} | {
        "server": server,
        "tool": tool,
        "pinned": pinned,
        "remember": "run",
    }
    rows = ApprovalRequest.objects.filter(kind="tool_call", status=RequestStatus.APPROVED)
    return rows.filter(**{f"payload__{name}": value for name, value in told.items()}).exists()


def effect(need: ApprovalRequired) -> str:
    """What a decision means, in the platform's words: no model and no server has a say in them."""
    if need.kind == "unknown_effect":
        return _(
            "The tool was called with exactly these arguments, and the answer was lost. Nobody but you can find out "
            "whether it happened. Nothing is done again before you answer."
        )
    return effect_words(need.details)


def _title(need: ApprovalRequired) -> str:
    if need.kind == "unknown_effect":
        return _("Did it happen? %s") % _name(need)
    return _("May this tool be called? %s") % _name(need)


def _name(need: ApprovalRequired) -> str:
    return f"{need.details.get('server', '')}/{need.details.get('tool', '')}"
