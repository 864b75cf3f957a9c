"""The engine's writes. Each takes the lease first and checks it in its own transaction, so that a worker which lost its
lease writes nothing; each may be repeated after a crash and then changes nothing.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ai_integration.jobs import Finding, PlanDraft, Verdict
from foundation.accounts.models import User
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, SystemActor
from foundation.core.errors import DomainError
from foundation.core.leases import Lease, claim, finish
from foundation.core.permissions import may
from foundation.core.rows import insert
from foundation.core.text import first_line
from personas.models import Persona
from plans.models import ApprovalRequest, Plan
from plans.selectors import asks_people
from plans.services import (
    Author,
    Decision,
    Origin,
    plan_create,
    plan_decide,
    plan_propose,
    plan_submit,
    plan_withdraw,
    policy_for,
    request_open,
)
from plans.states import WAITING, PlanStatus
from workflows.desk import PLAN_ROUNDS, PlanWord, plan_questions
from workflows.models import Review, Run, Task, TaskResult, Workflow
from workflows.selectors import CARRYING_OUT, plan_of
from workflows.services.dispatch import tasks_make
from workflows.services.moves import ENGINE, go_on, task_again, task_moved, with_dependents, workflow_move
from workflows.services.stepping import STOPPED, Halted, locked, locked_for_task
from workflows.states import TASK, TaskStatus, WorkflowStatus


@transaction.atomic
def plan_store(lease: Lease, workflow_id: str, draft: PlanDraft, author: Author, *, round: int) -> Workflow:
    """Keep `draft` as the plan's next version and ask for the decision."""
    workflow = locked(lease, workflow_id)
    if workflow.status != WorkflowStatus.PLANNING:
        return workflow
    plan = workflow.plan or plan_create(
        ENGINE, owner=workflow.owner, title=draft.title, subject_id=workflow.pk, team=workflow.team
    )
    if not round and workflow.plan and brought_along(workflow):
        plan = plan_submit(ENGINE, plan)
    else:
        plan = plan_propose(ENGINE, plan, draft, author=author, unique_key=f"{lease.pk}:{round}")
    unnamed = workflow.title == first_line(lease.row.workflow.requirement)
    title = draft.title[:300] if unnamed else workflow.title  # the planner's title says it better
    return workflow_move(ENGINE, workflow, WorkflowStatus.AWAITING_APPROVAL, plan=plan, title=title)


def brought_along(workflow: Workflow) -> bool:
    """Whether the commander wrote the plan before they started the work."""
    return workflow.auto_generate_tasks and workflow.plan.versions.filter(unique_key=None).exists()


@transaction.atomic
def plan_auto_approve(lease: Lease, workflow_id: str) -> str:
    """Decide for the person who asked for it when they delegated, and say so in the record. A person may have been faster.

    Returns the plan's status.
    """
    workflow = locked(lease, workflow_id)
    plan = plan_of(workflow)
    if plan.status not in WAITING:
        return plan.status
    own = workflow.auto_approver_id == workflow.owner_id
    approver = workflow.owner if own else workflow.auto_approver
    if asks_people(plan) or not _may_still_approve(approver, plan):
        Workflow.objects.filter(pk=workflow.pk).update(auto_approve=False)
        record(ENGINE, "workflow.auto_approval_declined", workflow, streams=[workflow.stream])
        return plan.status
    plan = plan_decide(
        approver,
        plan,
        Decision.APPROVE,
        content_hash=plan.current.content_hash,
        automatic=True,
        rule={"auto_approve": "workflow"},
        origin=Origin("rule"),
    )
    return plan.status


def _may_still_approve(approver: User | None, plan: Plan) -> bool:
    """They might when they asked for it; what they lost since then counts."""
    return approver is not None and approver.is_active and may(approver, "approve", plan)


@transaction.atomic
def plan_again(lease: Lease, workflow_id: str, *, round: int) -> None:
    """Go back to planning, for the next round."""
    workflow = locked(lease, workflow_id)
    Run.objects.filter(pk=lease.pk).update(plan_round=round)
    if workflow.status == WorkflowStatus.AWAITING_APPROVAL:
        workflow_move(ENGINE, workflow, WorkflowStatus.PLANNING)


@transaction.atomic
def commander_ask(lease: Lease, workflow_id: str, *, round: int) -> bool:
    """Ask the commander before round `round` where the policy's rounds are used up; whether they are. Asks once."""
    workflow = locked(lease, workflow_id)
    plan = workflow.plan
    most = policy_for(plan)[0].max_rounds or settings.MAX_PLAN_ROUNDS
    if round <= most:
        return False
    if not plan_questions(workflow).filter(payload__round=round).exists():
        said = _("Changes were asked for %(number)d times. Shall the team try once more?") % {"number": round}
        request_open(
            ENGINE,
            owner=workflow.owner,
            kind=ApprovalRequest.Kind.QUESTION,
            subject_id=workflow.pk,
            title=f"{said} {plan.title}",
            content_hash=plan.current.content_hash,
            streams=(workflow.stream,),
            payload={"about": PLAN_ROUNDS, "round": round, "question": said, "choices": [*PlanWord]},
        )
    return True


@transaction.atomic
def plan_refused(lease: Lease, workflow_id: str, reason: str) -> None:
    workflow = locked(lease, workflow_id)
    if workflow.plan and workflow.plan.status == PlanStatus.REVISION_REQUESTED:
        plan_withdraw(ENGINE, workflow.plan)
    workflow_move(ENGINE, workflow, WorkflowStatus.CANCELLED, reason=reason[:1000])


@transaction.atomic
def tasks_dispatch(lease: Lease, workflow_id: str, members: Sequence[Persona]) -> None:
    """Make the approved plan's items into tasks, give each to one of `members`, and start what can start."""
    workflow = locked(lease, workflow_id)
    if workflow.status != WorkflowStatus.AWAITING_APPROVAL:
        return
    tasks_make(ENGINE, workflow, members)
    workflow_move(ENGINE, workflow, WorkflowStatus.RUNNING)
    go_on(workflow)


@transaction.atomic
def task_start(task_id: UUID, when: Q | None = None) -> Lease | None:
    """Take the lease of a task and mark it as running, in one movement. A running one that was lost is taken up again.

    None when another worker holds it, or when it or `when` says that it is not to be done; raises Halted when its workflow
    does. The lease's row comes with its workflow and persona.
    """
    fresh, related = TaskStatus.PENDING, ("workflow", "persona")
    pending = (when or Q()) & Q(status=fresh)
    lease = claim(Task, task_id, pending, related=related, **TASK.step(Task, fresh, TaskStatus.RUNNING))
    if lease:
        who = lease.row.persona.name if lease.row.persona else ""
        task_moved(ENGINE, lease.row, fresh, data={"persona": who})
    else:
        lease = claim(Task, task_id, (when or Q()) & Q(status=TaskStatus.RUNNING), related=related)
    if lease and lease.row.workflow.status not in CARRYING_OUT:
        raise Halted(details={"status": lease.row.workflow.status})
    return lease


@transaction.atomic
def task_deliver(lease: Lease, revision: int, result: dict[str, Any]) -> None:
    """Keep the result of this revision, end the task, give its lease back, and start what waited for it.

    `result` holds TaskResult's fields. A paused workflow keeps results too; a cancelled task's result is dropped.
    """
    counts = {"citations": len(result["citations"]), "gaps": len(result["gaps"])}
    if _end(lease, TaskStatus.DONE, revision, data=counts):
        insert(TaskResult(task=lease.row, revision=revision, **result))


@transaction.atomic
def task_fail(lease: Lease, reason: str) -> None:
    """End the task as failed; the others go on, and what depended on it works with the gap."""
    reason = reason[:1000]
    _end(lease, TaskStatus.FAILED, lease.row.revision, data={"reason": reason}, reason=reason)


def _end(lease: Lease, status: str, revision: int, *, data: dict[str, Any], **updates: Any) -> bool:
    """Whether the task, which `lease` started, ended so. False when somebody ended it meanwhile. Raises LeaseLost."""
    task = lease.row
    task.workflow = locked_for_task(task.workflow_id)
    running = {"status": TaskStatus.RUNNING, "revision": revision}
    if not finish(lease, running, **TASK.step(Task, TaskStatus.RUNNING, status), **updates):
        return False
    task.status = status
    task_moved(ENGINE, task, TaskStatus.RUNNING, data=data)
    if task.workflow.status not in STOPPED:
        go_on(task.workflow)
    return True


@transaction.atomic
def review_begin(lease: Lease, workflow_id: str) -> None:
    """Hand the results to the reviewer. Raises DomainError `nothing_done` when every task failed."""
    workflow = locked(lease, workflow_id)
    if not workflow.tasks.filter(status=TaskStatus.DONE).exists():
        reasons = workflow.tasks.filter(status=TaskStatus.FAILED).values_list("key", "reason")
        told = "; ".join(f"{key}: {reason}" for key, reason in reasons)
        raise DomainError(told or _("No task was carried out."), code="nothing_done")
    if workflow.status != WorkflowStatus.REVIEWING:
        workflow_move(ENGINE, workflow, WorkflowStatus.REVIEWING)


@transaction.atomic
def review_store(
    lease: Lease, workflow_id: str, verdict: Verdict, *, round: int, persona: str, model: str
) -> Review:
    workflow = locked(lease, workflow_id)
    review = Review.objects.filter(workflow=workflow, round=round).first()
    if review is None:
        kept = {"verdict": verdict.model_dump(mode="json"), "persona_name": persona, "model": model}
        review = insert(Review(workflow=workflow, round=round, **kept))
        data = {"round": round, "revise": verdict.revise, "summary": verdict.summary}
        record(SystemActor(persona), "review.written", review, streams=[workflow.stream], data=data)
    return review


@transaction.atomic
def tasks_revise(lease: Lease, workflow_id: str, verdict: Verdict, *, round: int) -> None:
    """Send tasks back with the reviewer's words, and with them whatever was built on their results."""
    workflow = locked(lease, workflow_id)
    if workflow.status != WorkflowStatus.REVIEWING:
        return
    for task in with_dependents(workflow.tasks.select_for_update(), verdict.revise):
        if task.status == TaskStatus.DONE:
            task.workflow = workflow
            _send_back(task, [each for each in verdict.findings if each.key == task.key and not each.met])
    Run.objects.filter(pk=lease.pk).update(review_round=round)
    workflow_move(ENGINE, workflow, WorkflowStatus.REVISING)
    go_on(workflow)


def _send_back(task: Task, findings: list[Finding]) -> None:
    more = [query for each in findings for query in each.queries]
    task_again(
        SYSTEM,
        task,
        comments=[f"{each.criterion}: {each.comment}".strip(": ") for each in findings],
        queries=list(dict.fromkeys([*task.queries, *more])),
    )


@transaction.atomic
def workflow_fail(lease: Lease, workflow_id: UUID | str, reason: str) -> None:
    """Stop honestly, with the reason, at a place from which it can be resumed."""
    workflow = locked(lease, workflow_id)
    workflow_move(ENGINE, workflow, WorkflowStatus.FAILED, reason=reason[:1000], resumes_to=workflow.status)
