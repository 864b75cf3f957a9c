"""The page of one workflow: how it stands, its DAG, its tasks, what was selected, and its report."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import get_language

from ai_integration.selectors import budgets_of_run, model_label, standings
from foundation.activity.streams import followed
from foundation.core.permissions import fetch, may
from knowledge.places import obsidian_address
from workflows.contexts.dag import Dag, plan_dag, task_dag
from workflows.contexts.log import Entry, log
from workflows.contexts.policies import PolicyTold, workflow_policy
from workflows.contexts.reading import report_html
from workflows.contexts.task import TaskPane, task_pane
from workflows.models import Report, Task, Workflow
from workflows.selectors import report as report_of
from workflows.selectors import tasks as tasks_of
from workflows.selectors import workflows
from workflows.states import FINISHED, WORKFLOW, TaskStatus, WorkflowStatus

RESUMABLE = (WorkflowStatus.PAUSED, WorkflowStatus.WAITING_FOR_HUMAN, WorkflowStatus.FAILED)
VIEWS = ("work", "report")


@dataclass(frozen=True)
class Actions:
    """What may be done with it now."""

    start: bool = False
    pause: bool = False
    resume: bool = False
    cancel: bool = False
    delete: bool = False


@dataclass
class WorkflowPage:
    """`view` is what takes the page: the work, or the report once there is one. Parts are read when they are shown."""

    user: Any
    workflow: Workflow
    streams: str
    asked_view: str = ""
    asked_task: str = ""

    @property
    def model(self) -> str:
        """What everybody in it thinks with, as people call it; empty where that is left to each of them."""
        named = self.workflow.model
        return model_label(named, "ja" if (get_language() or "").startswith("ja") else "en") if named else ""

    @cached_property
    def budgets(self) -> Sequence[Any]:
        """How its own budgets stand."""
        own = budgets_of_run(self.workflow.pk)
        return standings(own) if own else []

    @property
    def view(self) -> str:
        if self.asked_view in VIEWS:
            return self.asked_view if self.report or self.asked_view == "work" else "work"
        return "report" if self.report and not self.asked_task else "work"

    @cached_property
    def tasks(self) -> Sequence[Task]:
        return list(tasks_of(self.user).filter(workflow=self.workflow).order_by("position"))

    @cached_property
    def report(self) -> Report | None:
        return report_of(self.workflow)

    @property
    def report_html(self) -> SafeString | None:
        return report_html(self.workflow, self.report) if self.report else None

    @property
    def obsidian(self) -> str:
        """Opens the report's note on this PC."""
        vault, report = self.workflow.vault, self.report
        return obsidian_address(vault.path, report.note_path) if vault and report and report.note_path else ""

    @cached_property
    def dag(self) -> Dag:
        if self.tasks:
            return task_dag(self.tasks, self.selected.task.key if self.selected else "")
        plan = self.workflow.plan
        return plan_dag(plan.current.content) if plan and plan.current else task_dag((), "")

    @cached_property
    def selected(self) -> TaskPane | None:
        key = self.asked_task or worth_a_look(self.tasks)
        found = next((task for task in self.tasks if task.key == key), None)
        return (
            task_pane(self.user, self.workflow, found, self.tasks, may_steer=self.may_steer)
            if found
            else None
        )

    @cached_property
    def log(self) -> Sequence[Entry]:
        return log(self.workflow, {task.key: task.title for task in self.tasks})

    @property
    def ended(self) -> int:
        return sum(
            task.status not in (TaskStatus.PENDING, TaskStatus.RUNNING, TaskStatus.WAITING)
            for task in self.tasks
        )

    @property
    def at_work(self) -> Sequence[Task]:
        return [task for task in self.tasks if task.status == TaskStatus.RUNNING]

    @property
    def policy(self) -> PolicyTold:
        return workflow_policy(self.user, self.workflow)

    @cached_property
    def may_steer(self) -> bool:
        return may(self.user, "operate", self.workflow)

    @cached_property
    def actions(self) -> Actions:
        status = self.workflow.status
        if not self.may_steer:
            return Actions()
        return Actions(
            start=status == WorkflowStatus.DRAFT,
            pause=WORKFLOW.allows(status, WorkflowStatus.PAUSED),
            resume=status in RESUMABLE,
            cancel=WORKFLOW.allows(status, WorkflowStatus.CANCELLED),
            delete=status in (WorkflowStatus.DRAFT, *FINISHED) and may(self.user, "delete", self.workflow),
        )


def worth_a_look(tasks: Sequence[Task]) -> str:
    """The key of the task that is shown when none was chosen: one at work, one that failed, else the last result."""
    for status, rows in (
        (TaskStatus.RUNNING, tasks),
        (TaskStatus.FAILED, tasks),
        (TaskStatus.DONE, list(reversed(tasks))),
    ):
        found = next((task.key for task in rows if task.status == status), "")
        if found:
            return found
    return tasks[0].key if tasks else ""


def workflow_page(user: Any, pk: Any, *, view: str = "", task: str = "") -> WorkflowPage:
    """Raises NotFound."""
    streams = followed(user, "inbox", f"workflow:{pk}")
    workflow = fetch(workflows(user).select_related("plan__current", "owner"), user, pk=pk)
    return WorkflowPage(user, workflow, streams, view, task)
