"""Home: what waits for me, what is moving, what came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from foundation.activity.streams import followed
from plans.models import ApprovalRequest
from plans.selectors import waiting
from workflows.models import Task, Workflow
from workflows.selectors import sample_workflows, tasks, workflows
from workflows.states import ACTIVE, FINISHED, TaskStatus, WorkflowStatus

SHOWN = 8
LONG_TEXTS = ("requirement", "report__markdown")
STOPPED = (WorkflowStatus.PAUSED, WorkflowStatus.WAITING_FOR_HUMAN)
BACK = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS, WorkflowStatus.FAILED)
MOVING = tuple(
    status for status in (*ACTIVE, WorkflowStatus.PAUSED) if status != WorkflowStatus.AWAITING_APPROVAL
)


@dataclass(frozen=True)
class HomePage:
    """`moving` carry `task_total`, `task_done` and `at_work`; `back` their reports."""

    streams: str
    waiting: Sequence[ApprovalRequest]
    moving: Sequence[Workflow]
    back: Sequence[Workflow]
    new_here: bool
    sample: bool
    sample_is_over: bool


def home_page(user: Any) -> HomePage:
    moving = list(with_progress(user, workflows(user).filter(status__in=MOVING))[:SHOWN])
    streams = followed(user, "inbox", *(workflow.stream for workflow in moving))
    requests = list(waiting(user).order_by("sorts_at", "id")[:SHOWN])
    back = came_back(user)
    sample = sample_workflows(user).values_list("status", flat=True).first()
    return HomePage(
        streams=streams,
        waiting=requests,
        moving=moving,
        back=back,
        sample=sample is not None,
        sample_is_over=sample in FINISHED,
        new_here=not (moving or back or requests) and not workflows(user).exists(),
    )


def with_progress(user: Any, rows: QuerySet[Workflow]) -> QuerySet[Workflow]:
    """Workflows with how many of their tasks there are and have ended, and who works."""
    running = Prefetch("tasks", queryset=tasks(user).filter(status=TaskStatus.RUNNING), to_attr="at_work")
    ended = Q(status__in=(TaskStatus.DONE, TaskStatus.FAILED, TaskStatus.CANCELLED))
    counted = rows.annotate(task_total=_tasks_of(Q()), task_done=_tasks_of(ended))
    return counted.defer(*LONG_TEXTS, "report__citations", "report__gaps").prefetch_related(running)


def came_back(user: Any) -> list[Workflow]:
    """The newest that ended by themselves. Only their keys are sorted: the rows are wide."""
    newest = workflows(user).filter(status__in=BACK).order_by("-finished_at", "-id").values("pk")[:SHOWN]
    rows = workflows(user).filter(pk__in=[row["pk"] for row in newest])
    return list(rows.defer(None).defer(*LONG_TEXTS).order_by("-finished_at", "-id"))


def _tasks_of(which: Q) -> Coalesce:
    rows = Task.objects.filter(which, workflow=OuterRef("pk")).order_by().values("workflow")
    number = Subquery(rows.annotate(found=Count("pk")).values("found"))
    return Coalesce(number, 0, output_field=IntegerField())


def names_at_work(running: Sequence[Task]) -> list[str]:
    """Who works at these tasks, each once."""
    return list(dict.fromkeys(task.persona.name for task in running if task.persona))
