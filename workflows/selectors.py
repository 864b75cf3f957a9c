"""Reading projects, workflows, tasks and results, and discussions."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import (
    Aggregate,
    Avg,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from ai_integration.models import CallRecord
from ai_integration.selectors import calls_of_step
from foundation.core.leases import free
from foundation.core.permissions import fetch
from foundation.core.prepared import Prepared
from knowledge.selectors import sample_vault
from plans.models import ApprovalRequest, Plan
from plans.states import WAITING, RequestStatus
from workflows.models import (
    Discussion,
    DiscussionMessage,
    Minutes,
    Participant,
    Project,
    Report,
    Run,
    Task,
    TaskResult,
    Workflow,
)
from workflows.states import FINISHED, SAMPLE_REQUIREMENTS, TALKING, TaskStatus, WorkflowStatus

TO_RUN = (TaskStatus.PENDING, TaskStatus.RUNNING)
OPEN_TASKS = (*TO_RUN, TaskStatus.WAITING)
CARRYING_OUT = (WorkflowStatus.RUNNING, WorkflowStatus.REVISING)
THINKING = (WorkflowStatus.PLANNING, WorkflowStatus.REVIEWING)
REQUEUE_AFTER = timedelta(seconds=30)


def projects(user: Any) -> QuerySet[Project]:
    """The projects that `user` may see, with `workflow_count`, `finished_count` and `progress` (percent, or None)."""
    mine = Workflow.objects.filter(project=OuterRef("pk")).order_by().values("project")
    return (
        Project.objects.permitted(user, "view")
        .select_related("team", "vault")
        .annotate(
            workflow_count=_number(mine, Count("pk")),
            finished_count=_number(mine.filter(status__in=FINISHED), Count("pk")),
            progress=Subquery(mine.annotate(found=Avg("progress")).values("found")),
        )
    )


def workflows(user: Any) -> QuerySet[Workflow]:
    """The workflows that `user` may see, with their reports; the long texts of those are read when they are asked for."""
    rows = Workflow.objects.permitted(user, "view")
    rows = rows.select_related("plan", "report", "project", "team", "vault")
    return rows.defer("report__markdown", "report__citations", "report__gaps")


def workflows_of(user: Any, project: Project) -> QuerySet[Workflow]:
    return workflows(user).filter(project=project).defer("requirement")


def task_counts(workflow: Workflow) -> dict[str, int]:
    """How many tasks there are in each status: `{status: number}`, all statuses named."""
    found = dict(workflow.tasks.order_by().values_list("status").annotate(Count("pk")))
    return {status: found.get(status, 0) for status in TaskStatus.values}


def sample_workflows(user: Any) -> QuerySet[Workflow]:
    """What the first start delegated for the user to look at."""
    vault = sample_vault(user)
    return (
        workflows(user).filter(vault=vault, requirement__in=SAMPLE_REQUIREMENTS.values())
        if vault
        else workflows(user).none()
    )


def tasks(user: Any) -> QuerySet[Task]:
    return Task.objects.permitted(user, "view").select_related("workflow", "persona")


def task_results(user: Any, task: Task) -> QuerySet[TaskResult]:
    """The task's results, newest first."""
    return TaskResult.objects.permitted(user, "view").filter(task=task)


def task_calls(task: Task) -> QuerySet[CallRecord]:
    """The calls that were made for the task. Whoever sees the task sees them."""
    return calls_of_step(task.workflow_id, f"task:{task.pk}:")


def _number(rows: QuerySet, aggregate: Aggregate) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(found=aggregate).values("found")), 0, output_field=IntegerField())


def report(workflow: Workflow) -> Report | None:
    return Report.objects.filter(workflow=workflow).first()


def may_follow_workflow(user: Any, workflow_id: str) -> bool:
    try:
        return Workflow.objects.permitted(user, "view").filter(pk=UUID(workflow_id)).exists()
    except ValueError:
        return False


def graph(workflow: Workflow) -> dict[str, Any]:
    """The workflow's DAG: `{nodes: [{id, key, title, status, persona, revision}], edges: [[from_key, to_key]]}`."""
    rows = list(workflow.tasks.select_related("persona"))
    return {
        "nodes": [
            {
                "id": str(task.pk),
                "key": task.key,
                "title": task.title,
                "status": task.status,
                "persona": task.persona.name if task.persona else None,
                "revision": task.revision,
            }
            for task in rows
        ],
        "edges": [[dependency, task.key] for task in rows for dependency in task.depends_on],
    }


_plans = Prepared(lambda pk: Plan.objects.select_related("current").filter(workflow=pk).order_by(), UUID)


def plan_of(workflow: Workflow) -> Plan:
    """The workflow's plan and its current version as they stand now. Raises ValueError where there is none."""
    [plan] = _plans(workflow.pk)
    return plan


_sources = Prepared(
    lambda pk: Workflow.sources.through.objects.filter(workflow=pk).values_list("source_id", flat=True), UUID
)


def sources_of(workflow: Workflow) -> list[UUID]:
    return _sources(workflow.pk)


_standing = Prepared(
    lambda pk: Task.objects.filter(workflow=pk).only(
        "key", "status", "depends_on", "queued_at", "workflow_id"
    ),
    UUID,
)


class Standing:
    """How the tasks of one workflow stand, read once."""

    def __init__(self, workflow: Workflow) -> None:
        self.tasks = _standing(workflow.pk)
        self._unfinished = {task.key for task in self.tasks if task.status in OPEN_TASKS}

    def ready(self) -> list[Task]:
        """Pending tasks whose own dependencies have all ended. What failed is a gap for those behind it, not a wall."""
        pending = (task for task in self.tasks if task.status == TaskStatus.PENDING)
        return [task for task in pending if not self._unfinished & set(task.depends_on)]

    def open(self) -> bool:
        return bool(self._unfinished)

    def waits_only(self) -> bool:
        """Whether nothing goes on before a person has decided something."""
        waiting = any(task.status == TaskStatus.WAITING for task in self.tasks)
        running = any(task.status == TaskStatus.RUNNING for task in self.tasks)
        return waiting and not running and not self.ready()

    def ended_share(self) -> float:
        return 1 - len(self._unfinished) / max(1, len(self.tasks))


def still_wanted(workflow_id: UUID, task_id: UUID | None = None) -> bool:
    """Whether anybody still waits for what is being made. A pause lets it end; only what was cancelled is wanted no more."""
    if Workflow.objects.filter(pk=workflow_id, status=WorkflowStatus.CANCELLED).exists():
        return False
    return not (task_id and Task.objects.filter(pk=task_id, status=TaskStatus.CANCELLED).exists())


def plan_waits(plan_id: UUID) -> bool:
    return Plan.objects.filter(pk=plan_id, status__in=WAITING).exists()


def has_open_tasks(workflow_id: UUID | str) -> bool:
    return Task.objects.filter(workflow=workflow_id, status__in=OPEN_TASKS).exists()


def latest_results(task_ids: Iterable[UUID]) -> dict[UUID, TaskResult]:
    """The newest result of each task."""
    rows = TaskResult.objects.filter(task_id__in=task_ids).order_by("revision")
    return {row.task_id: row for row in rows}


def runs_to_advance() -> list[UUID]:
    """Runs that nobody holds although there is something for them to do."""
    open_task = Task.objects.filter(workflow=OuterRef("workflow"), status__in=OPEN_TASKS)
    needs_nobody = Q(workflow__auto_approve=True) | ~Q(workflow__plan__status__in=WAITING)
    asked = ApprovalRequest.objects.filter(
        subject_id=OuterRef("workflow"), kind=ApprovalRequest.Kind.QUESTION, status=RequestStatus.PENDING
    )
    decided = Q(workflow__status=WorkflowStatus.AWAITING_APPROVAL) & needs_nobody & ~Exists(asked)
    all_done = Q(workflow__status__in=CARRYING_OUT) & ~Exists(open_task)
    due = Run.objects.filter(free()).filter(Q(workflow__status__in=THINKING) | decided | all_done)
    return list(due.values_list("pk", flat=True)[:500])


def tasks_to_run(*, at_start: bool) -> list[Task]:
    """Unfinished tasks that nobody holds and that may run: the queue may have forgotten them.

    Freshly queued ones are left alone, except at start, when the queue of the last process is gone.
    """
    lost = Q(status=TaskStatus.RUNNING) | Q(queued_at=None) | Q(queued_at__lt=timezone.now() - REQUEUE_AFTER)
    rows = Task.objects.filter(free(), status__in=TO_RUN, workflow__status__in=CARRYING_OUT)
    due = list((rows if at_start else rows.filter(lost)).select_related("workflow")[:1000])
    keys = {task.workflow_id for task in due}
    waiting = set(
        Task.objects.filter(workflow__in=keys, status__in=OPEN_TASKS).values_list("workflow_id", "key")
    )
    return [task for task in due if not any((task.workflow_id, key) in waiting for key in task.depends_on)]


def discussions(user: Any) -> QuerySet[Discussion]:
    """The discussions that `user` may see, with their seats, `message_count` and whether there are minutes."""
    said = DiscussionMessage.objects.filter(discussion=OuterRef("pk")).order_by().values("discussion")
    rows = Discussion.objects.permitted(user, "view").select_related(
        "project", "vault", "moderator", "speaker"
    )
    rows = rows.prefetch_related("seats__persona", "sources")
    written = Exists(Minutes.objects.filter(discussion=OuterRef("pk")))
    return rows.annotate(message_count=_number(said, Count("pk")), has_minutes=written)


def discussion_messages(user: Any, discussion: Discussion) -> QuerySet[DiscussionMessage]:
    """What was said, in order."""
    rows = DiscussionMessage.objects.permitted(user, "view").filter(discussion=discussion)
    return rows.defer("passages").order_by("number")


def minutes(discussion: Discussion) -> Minutes | None:
    return Minutes.objects.filter(discussion=discussion).first()


def may_follow_discussion(user: Any, discussion_id: str) -> bool:
    try:
        return Discussion.objects.permitted(user, "view").filter(pk=UUID(discussion_id)).exists()
    except ValueError:
        return False


def discussion_visible(user: Any, discussion_id: str) -> Discussion:
    """The discussion with that id. Raises NotFound when there is none that `user` may see."""
    return fetch(Discussion.objects.all(), user, pk=discussion_id)


def active_seats(discussion: Discussion) -> list[Participant]:
    """The seats whose persona is still there and active, in their order."""
    return list(discussion.seats.filter(persona__is_active=True).select_related("persona").order_by("seat"))


def said_in(discussion: Discussion) -> list[DiscussionMessage]:
    """Everything that was said, oldest first, for judging how the discussion stands."""
    return list(discussion.messages.defer("passages").order_by("number"))


def passages_cited(discussion: Discussion, *, last: int) -> list[dict[str, Any]]:
    """The passages that the last so many messages cite, newest first, each once."""
    rows = discussion.messages.order_by("-number").values_list("passages", flat=True)[:last]
    return list({place["ref"]: place for passages in rows for place in passages}.values())


def discussions_to_advance() -> list[UUID]:
    """Discussions that nobody holds although there is something for the engine to do."""
    due = Discussion.objects.filter(free(), status__in=TALKING)
    return list(due.values_list("pk", flat=True)[:500])
