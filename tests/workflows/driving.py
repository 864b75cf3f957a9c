"""Driving the engine: by hand, step by step, or by waiting for a real worker."""

import time
from collections.abc import Callable
from typing import Any

from foundation.activity.models import Event
from plans.services import Decision, plan_decide
from workflows.engine.runs import advance_run
from workflows.engine.tasks import run_task
from workflows.models import Task, Workflow
from workflows.selectors import runs_to_advance, tasks_to_run
from workflows.services import task_add, workflow_create, workflow_start

PATIENCE_SECONDS = 30


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def step(workflow: Workflow) -> Workflow:
    """Let the run go to its next stop."""
    advance_run(workflow.pk)
    return fresh(workflow)


def crank(workflow: Workflow) -> Workflow:
    """Do by hand whatever the queue would bring, until nothing is left to do."""
    for _round in range(200):
        runs = [pk for pk in runs_to_advance() if pk == workflow.pk]
        tasks = [task for task in tasks_to_run(at_start=True) if task.workflow_id == workflow.pk]
        if not runs and not tasks:
            return fresh(workflow)
        for task in tasks:
            run_task(task.pk)
        for pk in runs:
            advance_run(pk)
    raise AssertionError("It never comes to rest.")


def decide(workflow: Workflow, decision: str = Decision.APPROVE, comment: str = "", **given: Any) -> None:
    plan = fresh(workflow).plan
    plan_decide(
        workflow.owner,
        plan,
        decision,
        content_hash=plan.current.content_hash,
        comment=comment,
        **given,
    )


def by_hand(owner: Any, dag: dict[str, list[str]], **fields: Any) -> Workflow:
    """A started workflow whose tasks the commander wrote: `{key: [keys it depends on]}`."""
    each = fields.pop("each", {})
    workflow = workflow_create(
        owner, requirement="Find out about the new lamp.", auto_generate_tasks=False, **fields
    )
    for key, depends_on in dag.items():
        given = {"title": f"Find out: lamp {key}", "role": "調査", "queries": ["lamp"]} | each.get(key, {})
        task_add(owner, workflow, key=key, depends_on=depends_on, **given)
    return workflow_start(owner, workflow)


def task_of(workflow: Workflow, key: str) -> Task:
    return workflow.tasks.get(key=key)


def statuses(workflow: Workflow) -> dict[str, str]:
    return dict(workflow.tasks.order_by("position").values_list("key", "status"))


def events(workflow: Workflow, *types: str) -> list[dict[str, Any]]:
    """The payloads of the workflow's stream, in order."""
    rows = Event.objects.filter(stream=workflow.stream).order_by("seq")
    return [row.payload for row in (rows.filter(type__in=types) if types else rows)]


def task_moves(workflow: Workflow) -> list[str]:
    """`key→status` in the order of the stream."""
    return [f"{each['data']['key']}→{each['to']}" for each in events(workflow, "task.status_changed")]


def moves(workflow: Workflow) -> list[str]:
    """The statuses that the workflow went through."""
    return [each["to"] for each in events(workflow, "workflow.status_changed")]


def until[T](look: Callable[[], T], what: str = "it") -> T:
    """The first true value of `look()`. Waits generously: how long it took is nobody's test."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"Waited {PATIENCE_SECONDS} s for {what} in vain.")


def until_status(workflow: Workflow, *wanted: str) -> Workflow:
    until(lambda: fresh(workflow).status in wanted, f"{wanted}, but it is {fresh(workflow).status}")
    return fresh(workflow)
