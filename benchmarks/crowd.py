"""Many workflows with everything that hangs on them, written row by row without running anything."""

import uuid
from datetime import timedelta
from typing import Any

TASKS = 4
TEXT = "新製品の価格と納期を調べて、出典のある報告書にまとめてください。" * 12
CITATION = {
    "number": 1, "ref": "t1-1", "quote": "納期は三週間", "note": "製品/納期.md", "note_id": None, "source_id": None,
    "heading": "納期", "line": 4,
}  # fmt: skip
ENDED = ("completed", "completed_with_gaps", "failed", "cancelled")


def fill(user: Any, count: int) -> None:
    """`count` more workflows of `user`: of twenty one is paused at work, one waits for its approval, the others ended.

    Nothing of it is due for the engine. Each leaves a notification, an audit entry and events; an approval is asked for.
    """
    from django.db import connection, transaction
    from django.utils import timezone

    from foundation.activity.services import audit_seal

    team, number, now = _team(user), _there(user), timezone.now()
    with transaction.atomic():
        for first in range(number, number + count, 500):
            batch = range(first, min(first + 500, number + count))
            _write([_workflow(user, team, each, now - timedelta(minutes=each)) for each in batch])
    while audit_seal():  # so that the sealer has nothing to catch up with while pages are measured
        continue
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as its autovacuum does within a minute


def _there(user: Any) -> int:
    from workflows.models import Workflow

    return Workflow.objects.filter(owner=user, title__startswith="調査 ").count()


def _team(user: Any) -> Any:
    from foundation.core.actors import SYSTEM
    from personas.models import PersonaTeam
    from personas.services import persona_create, team_create

    found = PersonaTeam.objects.filter(owner=user, name="Bench").first()
    if found:
        return found
    members = [persona_create(SYSTEM, owner=user, name=name, role="調査") for name in ("水野", "木村")]
    return team_create(SYSTEM, owner=user, name="Bench", members=members)


def _workflow(user: Any, team: Any, number: int, at: Any) -> Any:
    from workflows.models import Workflow

    kind = number % 20
    status = "paused" if kind == 0 else "awaiting_approval" if kind == 1 else ENDED[number % len(ENDED)]
    return Workflow(
        owner=user, team=team, title=f"調査 {number}", requirement=TEXT, status=status, progress=100 if kind > 1 else 40,
        resumes_to="running" if kind == 0 else "", started_at=at, finished_at=at if kind > 1 else None,
    )  # fmt: skip


def _write(workflows: list[Any]) -> None:
    from workflows.models import Report, Run, Task, Workflow

    Workflow.objects.bulk_create(workflows)
    for each in workflows:
        Workflow.objects.filter(pk=each.pk).update(created_at=each.started_at)
    Run.objects.bulk_create(Run(pk=each.pk, workflow=each) for each in workflows)
    Task.objects.bulk_create(task for each in workflows for task in _tasks(each))
    Report.objects.bulk_create(
        Report(workflow=each, title=each.title, markdown=TEXT * 10, citations=[CITATION])
        for each in workflows
        if each.status.startswith("completed")
    )
    _plans([each for each in workflows if each.status == "awaiting_approval"])
    _told(workflows)


def _tasks(workflow: Any) -> list[Any]:
    from workflows.models import Task

    persona = workflow.team.members.first()
    status = "pending" if workflow.status == "paused" else "done"
    count = 0 if workflow.status == "awaiting_approval" else TASKS
    return [
        Task(workflow=workflow, persona=persona, position=n, key=f"t{n}", title=f"項目 {n}", status=status)
        for n in range(count)
    ]


def _plans(workflows: list[Any]) -> None:
    from plans.models import ApprovalRequest, Plan, PlanVersion

    content = {"title": "計画", "items": [{"key": "a", "title": "価格を調べる", "role": "調査"}]}
    for each in workflows:
        plan = Plan.objects.create(
            owner=each.owner, subject_id=each.pk, team=each.team, title=each.title, status="submitted"
        )
        version = PlanVersion.objects.create(plan=plan, number=1, content=content, content_hash="0" * 64)
        Plan.objects.filter(pk=plan.pk).update(current=version)
        type(each).objects.filter(pk=each.pk).update(plan=plan)
        ApprovalRequest.objects.create(
            owner=each.owner, kind="plan", title=each.title, subject_id=each.pk, plan=plan, version=version,
            content_hash="0" * 64,
        )  # fmt: skip


def _told(workflows: list[Any]) -> None:
    """The notifications of those older than the newest hundred have been read."""
    from foundation.activity.models import AuditEntry, Event, Notification, Stream

    payload: dict[str, Any] = {
        "type": "workflow.created",
        "id": str(uuid.uuid4()),
        "object": {"kind": "workflow"},
    }
    payload["at"] = workflows[0].started_at.isoformat()
    Stream.objects.bulk_create(Stream(name=each.stream, last_seq=5) for each in workflows)
    Event.objects.bulk_create(
        Event(stream=each.stream, seq=seq, type="workflow.created", payload=payload)
        for each in workflows
        for seq in range(1, 6)
    )
    about = [{"object_kind": "workflow", "object_id": str(each.pk)} for each in workflows]
    AuditEntry.objects.bulk_create(
        AuditEntry(actor_name="bench", action="workflow.created", **it) for it in about
    )
    read = [None if int(each.title.split()[1]) < 100 else each.started_at for each in workflows]
    Notification.objects.bulk_create(
        Notification(user=each.owner, type="workflow.ended", title=each.title, read_at=at, **it)
        for each, at, it in zip(workflows, read, about, strict=True)
    )


def queries(user: Any, addresses: list[str]) -> dict[str, int]:
    """How many queries one GET of each address takes, once what is kept per process is warm."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    found = {}
    for address in addresses:
        client.get(address)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        assert answer.status_code == 200, (address, answer.content)
        found[address] = len(captured)
    return found
