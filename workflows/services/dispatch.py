"""From an approved plan to tasks, and what becomes of tasks that were there before."""

from collections.abc import Sequence

from ai_integration.jobs import PlanDraft, PlanItem
from foundation.activity.services import record
from foundation.core.actors import Actor
from personas.models import Persona
from personas.selectors import by_name, for_role
from workflows.models import Task, Workflow
from workflows.selectors import plan_of
from workflows.services.moves import task_move
from workflows.states import TaskStatus

PLANNED = {"title", "instructions", "depends_on", "queries", "acceptance"}
MAX_KEY = 40


def tasks_make(actor: Actor, workflow: Workflow, members: Sequence[Persona]) -> None:
    """Make the approved plan's items into tasks for `members`. Call it inside the command that starts them.

    Tasks that the commander added before stay beside those of the team's plan. Where they are the plan (the team was not
    to plan), they take on what the approved version says, and those that it no longer names are taken out.
    """
    content = plan_of(workflow).current.content
    items = {item.key: item for item in PlanDraft.model_validate(content).items}
    known = list(workflow.tasks.all())
    before = [task for task in known if task.status == TaskStatus.PENDING]
    if workflow.auto_generate_tasks:
        _make_room(before, set(items))
    else:
        _follow(actor, workflow, before, items)
    taken = {task.key for task in known}
    tasks = [
        _task(workflow, position, item, members)
        for position, item in enumerate(items.values())
        if item.key not in taken
    ]
    if tasks:
        Task.objects.bulk_create(tasks)
        data = {"tasks": [{"id": str(task.pk), "key": task.key, "title": task.title} for task in tasks]}
        record(actor, "workflow.tasks_created", workflow, streams=[workflow.stream], data=data)


def _make_room(tasks: list[Task], taken: set[str]) -> None:
    names = {task.key: task.key for task in tasks}
    for key in names:
        while names[key] in taken:
            names[key] = f"own-{names[key]}"[:MAX_KEY]
    for number, task in enumerate(tasks, len(taken)):
        task.key, task.position = names[task.key], number
        task.depends_on = [names.get(key, key) for key in task.depends_on]
    Task.objects.bulk_update(tasks, ["key", "position", "depends_on"])


def _follow(actor: Actor, workflow: Workflow, tasks: list[Task], items: dict[str, PlanItem]) -> None:
    versions = workflow.plan.versions.values_list("content", flat=True)
    planned_once = {item["key"] for content in versions for item in content["items"]}
    for task in tasks:
        task.workflow = workflow
        if task.key in items:
            for name, value in items[task.key].model_dump(include=PLANNED).items():
                setattr(task, name, value)
            task.position = list(items).index(task.key)
            task.save(update_fields=[*PLANNED, "position", "updated_at"])
        elif task.key in planned_once:
            task_move(actor, task, TaskStatus.CANCELLED)


def _task(workflow: Workflow, position: int, item: PlanItem, members: Sequence[Persona]) -> Task:
    fields = item.model_dump(include=PLANNED)
    return Task(
        workflow=workflow,
        position=position,
        key=item.key,
        role=item.role,
        persona=by_name(members, item.persona) or for_role(members, item.role),
        **fields,
    )
