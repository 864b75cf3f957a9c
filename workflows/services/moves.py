"""Moving a workflow or a task: transition, record, and whatever must follow."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.activity.services import record
from foundation.core.actors import Actor, SystemActor
from foundation.core.queue import enqueue
from foundation.core.rows import update
from plans.models import ApprovalRequest
from plans.selectors import pending_for, unsettled
from plans.services import request_withdraw
from workflows.models import Task, Workflow
from workflows.selectors import CARRYING_OUT, Standing
from workflows.states import FINISHED, TASK, WORKFLOW, TaskStatus, WorkflowStatus

# What a workflow is worth at each station, in percent. Tasks fill the span between RUNNING and REVIEWING.
PROGRESS = {
    WorkflowStatus.PLANNING: 5,
    WorkflowStatus.AWAITING_APPROVAL: 10,
    WorkflowStatus.RUNNING: 15,
    WorkflowStatus.REVIEWING: 90,
    WorkflowStatus.COMPLETED: 100,
    WorkflowStatus.COMPLETED_WITH_GAPS: 100,
}
TASK_SPAN = PROGRESS[WorkflowStatus.REVIEWING] - PROGRESS[WorkflowStatus.RUNNING]
ENGINE = SystemActor("engine")
LOUD = (WorkflowStatus.WAITING_FOR_HUMAN, WorkflowStatus.FAILED, *FINISHED)


def workflow_move(actor: Actor, workflow: Workflow, to: str, **updates: Any) -> Workflow:
    """Move and record; whoever owns the workflow is told when it stops. What it no longer waits for leaves the inbox."""
    now = timezone.now()
    if to in FINISHED:
        updates["finished_at"] = now
    if to == WorkflowStatus.PLANNING and workflow.started_at is None:
        updates["started_at"] = now
    updates["progress"] = PROGRESS.get(to, workflow.progress)
    before = WORKFLOW.move(workflow, to, **updates)
    _take_back(actor, workflow, before)
    data = {"progress": workflow.progress} | ({"reason": workflow.reason} if workflow.reason else {})
    record(
        actor,
        "workflow.status_changed",
        workflow,
        from_=before,
        to=to,
        streams=[workflow.stream, f"inbox:{workflow.owner_id}"],
        data=data,
        notify=[workflow.owner] if to in LOUD and actor.pk != workflow.owner_id else [],
        title=workflow.title,
        priority="high" if to in LOUD else "normal",
    )
    return workflow


def _take_back(actor: Actor, workflow: Workflow, before: str) -> None:
    # A question about money speaks of the call that stopped the work; when that is made again it is asked again.
    if before == WorkflowStatus.WAITING_FOR_HUMAN:
        questions_withdraw(actor, workflow.pk, kind=ApprovalRequest.Kind.BUDGET)
    # The answer about a tool would change nothing in work that has stopped; resumed, the task asks again.
    if workflow.status == WorkflowStatus.FAILED:
        for task in workflow.tasks.filter(status=TaskStatus.WAITING):
            task.workflow = workflow
            task_move(actor, task, TaskStatus.PENDING, attempts=0, queued_at=None)


def questions_withdraw(actor: Actor, *subject_ids: Any, **which: str) -> None:
    """Take back what was asked about these subjects and nobody needs to answer any more."""
    for request in pending_for(*subject_ids).filter(**which):
        request_withdraw(actor, request)


def task_move(
    actor: Actor, task: Task, to: str, *, data: dict[str, Any] | None = None, **updates: Any
) -> Task:
    before = TASK.move(task, to, **updates)
    if before == TaskStatus.WAITING:
        questions_withdraw(actor, task.pk)
    return task_moved(actor, task, before, data=data)


def task_moved(actor: Actor, task: Task, before: str, *, data: dict[str, Any] | None = None) -> Task:
    """Record that the task has moved on from the status `before`."""
    detail = {"key": task.key, "revision": task.revision} | (data or {})
    streams = [task.workflow.stream]
    record(actor, "task.status_changed", task, from_=before, to=task.status, streams=streams, data=detail)
    return task


def task_again(actor: Actor, task: Task, **updates: Any) -> Task:
    """Send a task that ended back to be done: a new revision, whose calls have keys of their own."""
    return task_move(
        actor,
        task,
        TaskStatus.PENDING,
        revision=task.revision + 1,
        reason="",
        attempts=0,
        queued_at=None,
        **updates,
    )


def with_dependents(tasks: Iterable[Task], keys: Iterable[str]) -> list[Task]:
    """Those of `tasks` that bear one of `keys`, and whatever was built on them, in the order given."""
    listed = list(tasks)
    wanted = {task.key for task in listed} & set(keys)
    grown = True
    while grown:
        behind = {task.key for task in listed if wanted & set(task.depends_on)}
        grown = not behind <= wanted
        wanted |= behind
    return [task for task in listed if task.key in wanted]


def tasks_queue(tasks: Iterable[Task]) -> None:
    ready = [task.pk for task in tasks]
    if ready:
        Task.objects.filter(pk__in=ready).update(queued_at=timezone.now())
    for pk in ready:
        enqueue("workflows.run_task", str(pk))


def go_on(workflow: Workflow) -> None:
    """Queue what can go on now: tasks whose dependencies have ended, or the run itself when no task is open."""
    standing = Standing(workflow)
    tasks_queue(task for task in standing.ready() if task.queued_at is None)
    if not standing.open():
        run_queue(workflow)
    elif workflow.status in CARRYING_OUT and standing.waits_only():
        reason = _("A task waits for your decision on a tool.")
        workflow_move(
            ENGINE, workflow, WorkflowStatus.WAITING_FOR_HUMAN, resumes_to=workflow.status, reason=reason
        )
    elif workflow.status in CARRYING_OUT:
        progress = PROGRESS[WorkflowStatus.RUNNING] + round(TASK_SPAN * standing.ended_share())
        if progress > workflow.progress:
            workflow.progress = progress
            update(Workflow, {"pk": workflow.pk}, {"progress": progress, "updated_at": timezone.now()})


def waits_no_more(workflow: Workflow) -> None:
    """Let work go on that waited for a decision about its tasks, unless it waits for another one, or about its budget."""
    back = workflow.resumes_to
    if workflow.status == WorkflowStatus.WAITING_FOR_HUMAN and back in CARRYING_OUT:
        if Standing(workflow).waits_only() or unsettled(workflow.pk, ApprovalRequest.Kind.BUDGET):
            return
        workflow_move(ENGINE, workflow, back, resumes_to="", reason="")
    if workflow.status in CARRYING_OUT:
        go_on(workflow)


def run_queue(workflow: Workflow) -> None:
    enqueue("workflows.advance_run", str(workflow.pk))
