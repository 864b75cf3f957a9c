"""Rows for pages to show, without running anything."""

from typing import Any

from django.utils import timezone

from personas.models import Persona
from tests import factories
from workflows.models import Project, Report, Task, TaskResult, Workflow
from workflows.states import TaskStatus, WorkflowStatus

CITATION = {
    "ref": "t1-1",
    "quote": "納期は三週間",
    "note": "製品/納期.md",
    "title": "納期",
    "note_id": None,
    "source_id": None,
    "heading": "納期",
    "line": 4,
}


def finished(owner: Any, title: str = "納期の調査", *, gaps: int = 1, **fields: Any) -> Workflow:
    """A workflow with one task, its result and its report."""
    given = {
        "status": WorkflowStatus.COMPLETED_WITH_GAPS,
        "finished_at": timezone.now(),
        "progress": 100,
    } | fields
    workflow = factories.draft_workflow(owner, title=title)
    Workflow.objects.filter(pk=workflow.pk).update(**given)
    task = add_task(workflow, "t1", status=TaskStatus.DONE)
    body = "納期は三週間です。[t1-1]"
    TaskResult.objects.create(
        task=task, revision=0, persona_name="調査の水野", model="内蔵秘書", body=body, citations=[CITATION],
        evidence=[{"criterion": "納期がある", "met": True, "note": "[t1-1] に記述があります。"}], gaps=["価格は不明"] * gaps,
    )  # fmt: skip
    markdown = f"---\ntitle: x\n---\n\n# {title}\n\n納期は三週間です。[^1]\n\n## 出典\n\n[^1]: 納期 4行目\n"
    Report.objects.create(
        workflow=workflow,
        title=title,
        markdown=markdown,
        citations=[CITATION | {"number": 1}],
        gaps=["価格は不明"] * gaps,
    )
    workflow.refresh_from_db()
    return workflow


def running(
    owner: Any, title: str = "動いている調査", *, persona: Persona | None = None, tasks: int = 3
) -> Workflow:
    """A workflow of which one task is at work and one is done."""
    workflow = factories.draft_workflow(owner, title=title)
    Workflow.objects.filter(pk=workflow.pk).update(status=WorkflowStatus.RUNNING, progress=40)
    for number in range(tasks):
        state = (TaskStatus.DONE, TaskStatus.RUNNING, TaskStatus.PENDING)[min(number, 2)]
        needs = [f"t{number}"] if number else []
        add_task(workflow, f"t{number + 1}", status=state, persona=persona, depends_on=needs)
    workflow.refresh_from_db()
    return workflow


def add_task(workflow: Workflow, key: str, **fields: Any) -> Task:
    given = {
        "title": f"{key} を調べる",
        "position": workflow.tasks.count(),
        "acceptance": ["納期がある"],
    } | fields
    return Task.objects.create(workflow=workflow, key=key, role="調査", **given)


def project(owner: Any, name: str = "新製品") -> Project:
    return Project.objects.create(owner=owner, name=name, goal="春までに出す")
