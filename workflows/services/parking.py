"""Waiting for a human in the middle of the work: the request is filed, the work parks, the answer lets it go on.

The work is a run or a discussion. What was asked for is a call that a budget would not have borne. Nothing of it was made;
when the work goes on, it is made.
"""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_integration.errors import ApprovalRequired
from ai_integration.models import Budget
from ai_integration.selectors import period_now
from ai_integration.services import budget_add
from foundation.accounts.models import User
from foundation.core.canonical import sha256_of
from foundation.core.errors import DomainError
from foundation.core.leases import Lease, finish
from foundation.core.permissions import require_permission
from plans.models import ApprovalRequest
from plans.selectors import pending_for
from plans.services import request_open, request_settle, request_withdraw
from plans.states import RequestStatus
from workflows.models import Discussion, Task, Workflow
from workflows.services.discussions import discussion_resume
from workflows.services.moves import ENGINE, task_moved, workflow_move
from workflows.services.saying import discussion_move
from workflows.services.steering import workflow_resume
from workflows.services.stepping import STOPPED, locked
from workflows.services.talking import talking
from workflows.states import TASK, DiscussionStatus, TaskStatus, WorkflowStatus

BUDGET = ApprovalRequest.Kind.BUDGET
WORKFLOW, DISCUSSION = ApprovalRequest.Subject.WORKFLOW, ApprovalRequest.Subject.DISCUSSION
REJECTED = gettext_lazy("The budget was not raised.")
WAITS = "waiting_for_human"  # a workflow and a discussion call it the same

type Work = Workflow | Discussion


@transaction.atomic
def run_park(lease: Lease, workflow_id: Any, error: ApprovalRequired) -> None:
    """File the request and let the run wait for its decision. Raises Halted, LeaseLost."""
    _stop_workflow(locked(lease, workflow_id), error)


@transaction.atomic
def talk_park(lease: Lease, error: ApprovalRequired) -> None:
    """File the request and let the discussion wait, its turn not taken yet. Raises Halted, LeaseLost."""
    discussion = talking(lease)
    # A discussion that goes on takes its question back, so the move comes first.
    stops = {"reason": str(error)[:1000], "resumes_to": discussion.status, "speaker": None}
    discussion_move(ENGINE, discussion, DiscussionStatus.WAITING_FOR_HUMAN, **stops)
    _ask(discussion, str(discussion), error)


@transaction.atomic
def task_park(lease: Lease, error: ApprovalRequired) -> None:
    """Put the task back, as if it had not begun, and let its workflow wait. The first of several siblings asks for all."""
    task = lease.row
    task.workflow = Workflow.objects.select_for_update().get(pk=task.workflow_id)
    running = {"status": TaskStatus.RUNNING, "revision": task.revision}
    back = TASK.step(Task, TaskStatus.RUNNING, TaskStatus.PENDING)
    if finish(lease, running, **back, queued_at=None):
        task.status = TaskStatus.PENDING
        task_moved(ENGINE, task, TaskStatus.RUNNING)
    if task.workflow.status not in STOPPED:
        _stop_workflow(task.workflow, error)


@transaction.atomic
def budget_decided(event: dict[str, Any]) -> None:
    """Carry out what was decided on a budget's request: raise it for this period and go on, or stop with the reason.

    Once: a repeat does nothing, whatever the work may wait for by then.
    """
    asked = ApprovalRequest.objects.filter(kind=BUDGET, pk=event.get("object", {}).get("id")).first()
    work = _work(asked.subject_id) if asked else None
    request = request_settle(asked) if asked and work else None
    if request is None or work is None:
        return
    with translation.override(work.language):
        try:
            if request.status != RequestStatus.APPROVED:
                raise DomainError(request.comment or REJECTED)
            _raise(request)
        except DomainError as error:
            _give_up(work, str(error))
        else:
            _go_on(work)


@transaction.atomic
def budget_raised(event: dict[str, Any]) -> None:
    """A budget was changed or taken away: whatever waited for it tries again."""
    waiting = ApprovalRequest.objects.filter(
        kind=BUDGET, status=RequestStatus.PENDING, payload__budget=event["object"]["id"]
    )
    for request in waiting.select_for_update():
        request_withdraw(ENGINE, request)
        if work := _work(request.subject_id):
            _go_on(work)


def parked_sweep() -> None:
    """Carry out decisions whose message was lost: the rows say what was decided, the queue only hints at it."""
    waiting = [rows.objects.filter(status=WAITS).values("pk") for rows in (Workflow, Discussion)]
    about = Q(subject_id__in=waiting[0]) | Q(subject_id__in=waiting[1])
    requests = ApprovalRequest.objects.filter(about, kind=BUDGET).order_by("created_at")
    for request in {each.subject_id: each for each in requests}.values():
        if request.status != RequestStatus.PENDING:
            budget_decided({"object": {"id": str(request.pk)}})
        elif _changed_since(request):
            budget_raised({"object": {"id": request.payload["budget"]}})


def _work(subject_id: Any) -> Work | None:
    """The work that a request is about, locked."""
    found = Workflow.objects.select_for_update().filter(pk=subject_id).first()
    return found or Discussion.objects.select_for_update(of=("self",)).filter(pk=subject_id).first()


def _go_on(work: Work) -> None:
    if work.status != WAITS:
        return
    if isinstance(work, Workflow):
        workflow_resume(work.owner, work)
    elif work.resumes_to:  # else it waits for an answer
        discussion_resume(work.owner, work)


def _give_up(work: Work, reason: str) -> None:
    if work.status != WAITS:
        return
    if isinstance(work, Workflow):
        workflow_move(ENGINE, work, WorkflowStatus.FAILED, reason=reason[:1000])
    elif work.resumes_to:
        discussion_move(ENGINE, work, DiscussionStatus.FAILED, reason=reason[:1000])


def _changed_since(request: ApprovalRequest) -> bool:
    budget = Budget.objects.filter(pk=request.payload.get("budget")).first()
    return budget is None or budget.updated_at > request.created_at


def _stop_workflow(workflow: Workflow, error: ApprovalRequired) -> None:
    _ask(workflow, workflow.title, error)
    stops = {"reason": str(error)[:1000], "resumes_to": workflow.status}
    workflow_move(ENGINE, workflow, WorkflowStatus.WAITING_FOR_HUMAN, **stops)


def _ask(work: Work, title: str, error: ApprovalRequired) -> None:
    """File the request, unless it waits already."""
    if pending_for(work.pk).filter(kind=error.kind).exists():
        return
    payload = error.details | _offer(error.details)
    request_open(
        ENGINE,
        owner=_who_decides(work.owner, error.details),
        kind=error.kind,
        subject_id=work.pk,
        subject_kind=WORKFLOW if isinstance(work, Workflow) else DISCUSSION,
        title=_("%(reason)s: %(title)s") % {"reason": error, "title": title},
        content_hash=sha256_of(payload),
        streams=(work.stream,),
        payload=payload,
    )


def _offer(asked: dict[str, Any]) -> dict[str, Any]:
    """What an approval adds to the limit, for this period alone: once more the limit, or what the call needs if that is more."""
    offer: dict[str, Any] = {}
    if asked.get("money_limit") is not None:
        offer["money_added"] = str(max(Decimal(asked["money_limit"]), Decimal(asked["money_needed"])))
    if asked.get("tokens_limit") is not None:
        offer["tokens_added"] = max(asked["tokens_limit"], asked["tokens_needed"])
    return offer


def _who_decides(owner: User, asked: dict[str, Any]) -> User:
    """Whoever may raise it: the work's owner where they may, else whoever set the budget."""
    budget = Budget.objects.select_related("owner").filter(pk=asked.get("budget")).first()
    if budget is None or budget.scope == Budget.Scope.RUN or budget.owner is None:
        return owner
    return owner if _may_raise(owner) else budget.owner


def _may_raise(user: User) -> bool:
    try:
        require_permission(user, "budget:change")
    except DomainError:
        return False
    return True


def _raise(request: ApprovalRequest) -> None:
    """Add what was approved, by the right of whoever approved it. What was approved for a day that is over adds nothing."""
    budget, asked = Budget.objects.filter(pk=request.payload.get("budget")).first(), request.payload
    if budget is None or asked.get("period") != period_now(budget.period):
        return
    money, tokens = Decimal(asked.get("money_added", 0)), asked.get("tokens_added", 0)
    budget_add(request.decided_by, budget, money=money, tokens=tokens)
