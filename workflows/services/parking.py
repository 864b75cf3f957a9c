"""Waiting for a human in the middle of the work: the request is filed, the run parks, the answer lets it go on.

What was asked for is a call that a budget would not have borne. Nothing of it was made; when the run goes on, it is made.
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
from plans.services import request_open, request_withdraw
from plans.states import RequestStatus
from workflows.models import Task, Workflow
from workflows.services.moves import task_moved, workflow_move
from workflows.services.running import ENGINE, STOPPED, locked
from workflows.services.steering import workflow_resume
from workflows.states import TASK, TaskStatus, WorkflowStatus

BUDGET = ApprovalRequest.Kind.BUDGET
REJECTED = gettext_lazy("The budget was not raised.")


@transaction.atomic
def run_park(lease: Lease, workflow_id: Any, error: ApprovalRequired) -> None:
    """File the request and let the run wait for its decision. Raises Halted, LeaseLost."""
    _ask(locked(lease, workflow_id), error)


@transaction.atomic
def task_park(lease: Lease, error: ApprovalRequired) -> None:
    """Put the task back, as if it had not begun, and let its workflow wait. The first of several siblings asks for all."""
    task = lease.row
    task.workflow = Workflow.objects.select_for_update().get(pk=task.workflow_id)
    running = Q(status=TaskStatus.RUNNING, revision=task.revision)
    back = TASK.step(Task, TaskStatus.RUNNING, TaskStatus.PENDING)
    if finish(lease, running, **back, queued_at=None):
        task.status = TaskStatus.PENDING
        task_moved(ENGINE, task, TaskStatus.RUNNING)
    if task.workflow.status not in STOPPED:
        _ask(task.workflow, error)


@transaction.atomic
def budget_decided(event: dict[str, Any]) -> None:
    """Carry out what was decided on a budget's request: raise it for this period and go on, or stop with the reason.

    A repeat does nothing, for then nothing waits any more.
    """
    request = _decided(event)
    workflow = Workflow.objects.select_for_update().filter(pk=request.subject_id).first() if request else None
    if request is None or workflow is None or workflow.status != WorkflowStatus.WAITING_FOR_HUMAN:
        return
    with translation.override(workflow.language):
        try:
            if request.status != RequestStatus.APPROVED:
                raise DomainError(request.comment or REJECTED)
            _raise(request)
        except DomainError as error:
            workflow_move(ENGINE, workflow, WorkflowStatus.FAILED, reason=str(error)[:1000])
        else:
            workflow_resume(workflow.owner, workflow)


@transaction.atomic
def budget_raised(event: dict[str, Any]) -> None:
    """A budget was changed or taken away: whatever waited for it tries again."""
    waiting = ApprovalRequest.objects.filter(
        kind=BUDGET, status=RequestStatus.PENDING, payload__budget=event["object"]["id"]
    )
    for request in waiting.select_for_update():
        workflow = Workflow.objects.filter(pk=request.subject_id).first()
        request_withdraw(ENGINE, request)
        if workflow and workflow.status == WorkflowStatus.WAITING_FOR_HUMAN:
            workflow_resume(workflow.owner, workflow)


def parked_sweep() -> None:
    """Carry out decisions whose message was lost: the rows say what was decided, the queue only hints at it."""
    waiting = Workflow.objects.filter(status=WorkflowStatus.WAITING_FOR_HUMAN).values("pk")
    requests = ApprovalRequest.objects.filter(kind=BUDGET, subject_id__in=waiting).order_by("created_at")
    for request in {each.subject_id: each for each in requests}.values():
        if request.status != RequestStatus.PENDING:
            budget_decided({"object": {"id": str(request.pk)}})
        elif _changed_since(request):
            budget_raised({"object": {"id": request.payload["budget"]}})


def _changed_since(request: ApprovalRequest) -> bool:
    budget = Budget.objects.filter(pk=request.payload.get("budget")).first()
    return budget is None or budget.updated_at > request.created_at


def _ask(workflow: Workflow, error: ApprovalRequired) -> None:
    reason = str(error)
    if not pending_for(workflow.pk).filter(kind=error.kind).exists():
        payload = error.details | _offer(error.details)
        request_open(
            ENGINE,
            owner=_who_decides(workflow, error.details),
            kind=error.kind,
            subject_id=workflow.pk,
            title=_("%(reason)s: %(title)s") % {"reason": reason, "title": workflow.title},
            content_hash=sha256_of(payload),
            streams=(workflow.stream,),
            payload=payload,
        )
    stops = {"reason": reason[:1000], "resumes_to": workflow.status}
    workflow_move(ENGINE, workflow, WorkflowStatus.WAITING_FOR_HUMAN, **stops)


def _offer(asked: dict[str, Any]) -> dict[str, Any]:
    """What an approval adds to the limit, for this period alone: once more the limit, or what the call needs if that is more."""
    offer: dict[str, Any] = {}
    if asked.get("money_limit") is not None:
        offer["money_added"] = str(max(Decimal(asked["money_limit"]), Decimal(asked["money_needed"])))
    if asked.get("tokens_limit") is not None:
        offer["tokens_added"] = max(asked["tokens_limit"], asked["tokens_needed"])
    return offer


def _who_decides(workflow: Workflow, asked: dict[str, Any]) -> User:
    """Whoever may raise it: the workflow's owner where they may, else whoever set the budget."""
    owner = workflow.owner
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


def _decided(event: dict[str, Any]) -> ApprovalRequest | None:
    rows = ApprovalRequest.objects.filter(kind=BUDGET, pk=event.get("object", {}).get("id"))
    return rows.exclude(status=RequestStatus.PENDING).select_related("decided_by").first()


def _raise(request: ApprovalRequest) -> None:
    """Add what was approved, by the right of whoever approved it. What was approved for a day that is over adds nothing."""
    budget, asked = Budget.objects.filter(pk=request.payload.get("budget")).first(), request.payload
    if budget is None or asked.get("period") != period_now(budget.period):
        return
    money, tokens = Decimal(asked.get("money_added", 0)), asked.get("tokens_added", 0)
    budget_add(request.decided_by, budget, money=money, tokens=tokens)
