"""Commands by which the commander changes tasks while the workflow runs."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from ai_integration.jobs import PlanItem
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Invalid
from foundation.core.permissions import fetch_given, require
from personas.models import Persona
from personas.selectors import active_members, for_role
from workflows.models import Task, Workflow
from workflows.selectors import CARRYING_OUT
from workflows.services.moves import (
    go_on,
    task_again,
    task_move,
    waits_no_more,
    with_dependents,
    workflow_move,
)
from workflows.states import TaskStatus, WorkflowStatus

TEXT_FIELDS = ("title", "instructions", "queries", "acceptance")
STOPPED_MIDWAY = (WorkflowStatus.PAUSED, WorkflowStatus.FAILED)


@transaction.atomic
def task_add(
    actor: Actor,
    workflow: Workflow,
    *,
    title: str,
    key: str = "",
    role: str = "",
    persona: Any = None,
    depends_on: list[str] | None = None,
    **text: Any,
) -> Task:
    """Add a task by hand, to a draft or while others run. `persona` is an id. Raises Invalid, Conflict."""
    workflow = _locked_workflow(actor, workflow)
    if not _open_to_changes(workflow):
        raise Conflict(
            _("Tasks can be added to a draft or while tasks run."), details={"status": workflow.status}
        )
    last = workflow.tasks.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    worker = _persona(actor, workflow, persona, role)
    task = Task(
        workflow=workflow,
        position=position,
        key=key or f"t{position + 1}",
        title=title,
        role=role or (worker.role if worker else ""),
        persona=worker,
        depends_on=_dependencies(workflow, depends_on or []),
        **{name: text[name] for name in TEXT_FIELDS if name in text},
    )
    _save_new(task)
    data = {"key": task.key, "title": task.title, "persona": worker.name if worker else None}
    record(actor, "task.created", task, streams=[workflow.stream], data=data)
    if workflow.status in CARRYING_OUT:
        go_on(workflow)
    return task


@transaction.atomic
def task_update(actor: Actor, task: Task, *, persona: Any = None, **text: Any) -> Task:
    """Change the words of a pending task, or give it to another persona.

    Raises Conflict when it has begun, or when its words are part of a plan that is being decided on.
    """
    task = _locked(actor, task)
    if task.status != TaskStatus.PENDING:
        raise Conflict(_("Only a task that has not begun can be changed."), details={"status": task.status})
    changes = {name: text[name] for name in TEXT_FIELDS if name in text}
    if changes and not _open_to_changes(task.workflow):
        details = {"status": task.workflow.status}
        raise Conflict(_("The plan is being decided on. Change the plan."), code="in_plan", details=details)
    before = task.persona
    if persona:
        changes["persona"] = _persona(actor, task.workflow, persona, "")
    for name, value in changes.items():
        setattr(task, name, value)
    task.full_clean(exclude=["workflow", "persona"])
    task.save(update_fields=[*changes, "updated_at"])
    record(actor, "task.updated", task, streams=[task.workflow.stream], data={"fields": sorted(changes)})
    if task.persona_id and task.persona != before:
        _tell_assignment(actor, task)
    return task


@transaction.atomic
def task_set_status(actor: Actor, task: Task, status: str) -> Task:
    """Take a task out (`cancelled`) or back in (`pending`); other states are the engine's. Raises IllegalTransition."""
    task = _locked(actor, task)
    if status not in (TaskStatus.CANCELLED, TaskStatus.PENDING):
        raise Invalid(details={"status": [_("Only cancelled and pending can be set by hand.")]})
    if status == TaskStatus.PENDING:
        return task_retry(actor, task)
    task_move(actor, task, status)
    waits_no_more(task.workflow)
    return task


@transaction.atomic
def task_change(actor: Actor, task: Task, *, status: str = "", **changes: Any) -> Task:
    """What `task_update` and `task_set_status` do, together or not at all."""
    if changes:
        task = task_update(actor, task, **changes)
    return task_set_status(actor, task, status) if status else task


@transaction.atomic
def task_retry(actor: Actor, task: Task) -> Task:
    """Do one failed or cancelled task again, and what was built without it; a workflow that failed with it goes on."""
    task = _locked(actor, task)
    if task.status not in (TaskStatus.FAILED, TaskStatus.CANCELLED):
        raise Conflict(_("Only a failed or cancelled task can be retried."), details={"status": task.status})
    workflow = task.workflow
    if not _open_to_changes(workflow):
        raise Conflict(_("This workflow is past its tasks."), details={"status": workflow.status})
    # A new revision has call keys of its own; the failed call must not be found again.
    task_again(actor, task)
    for other in with_dependents(workflow.tasks.select_for_update(), [task.key]):
        if other.status == TaskStatus.DONE:
            other.workflow = workflow
            task_again(actor, other)
    if workflow.status == WorkflowStatus.FAILED:
        workflow_move(actor, workflow, WorkflowStatus.RUNNING, reason="", resumes_to="", finished_at=None)
    if workflow.status in CARRYING_OUT:
        go_on(workflow)
    return task


def _open_to_changes(workflow: Workflow) -> bool:
    """Whether its tasks may still change: in a draft, or at work. In between their words belong to the plan."""
    where = workflow.resumes_to if workflow.status in STOPPED_MIDWAY else workflow.status
    return where in ("", WorkflowStatus.DRAFT, *CARRYING_OUT)


def _locked_workflow(actor: Actor, workflow: Workflow) -> Workflow:
    rows = Workflow.objects.select_for_update(of=("self",)).select_related("owner")
    return require(actor, "operate", rows.get(pk=workflow.pk))


def _locked(actor: Actor, task: Task) -> Task:
    workflow = _locked_workflow(actor, task.workflow)
    task = Task.objects.select_for_update().get(pk=task.pk)
    task.workflow = workflow
    return task


def _dependencies(workflow: Workflow, keys: list[str]) -> list[str]:
    unknown = set(keys) - set(workflow.tasks.values_list("key", flat=True))
    if unknown:
        raise Invalid(details={"depends_on": [_("Unknown: %s") % ", ".join(sorted(unknown))]})
    return list(dict.fromkeys(keys))


def _persona(actor: Actor, workflow: Workflow, persona_id: Any, role: str) -> Persona | None:
    if persona_id:
        return fetch_given("persona", Persona.objects.filter(is_active=True), actor, "operate", persona_id)
    return for_role(active_members(workflow.team), role) if role else None


def _save_new(task: Task) -> None:
    try:
        PlanItem(
            key=task.key,
            title=task.title,
            role=task.role or "-",
            acceptance=task.acceptance,
            queries=task.queries,
        )
    except ValueError as error:
        raise Invalid(details={"task": str(error)[:500]}) from error
    if Task.objects.filter(workflow=task.workflow, key=task.key).exists():
        raise Conflict(_("That key is already taken."), code="key_taken", details={"key": task.key})
    task.save()


def _tell_assignment(actor: Actor, task: Task) -> None:
    data = {"key": task.key, "persona": task.persona.name}
    owner = task.workflow.owner
    record(
        actor,
        "task.assigned",
        task,
        streams=[task.workflow.stream],
        data=data,
        notify=[owner],
        title=task.title,
    )
