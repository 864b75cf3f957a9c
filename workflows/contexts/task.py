"""One task as it is looked at: what was asked, what came, and how that is proved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString

from ai_integration.models import CallRecord
from workflows.contexts.reading import numbers, result_html
from workflows.contexts.steps import StepTaken, steps_of
from workflows.models import Task, TaskResult, Workflow
from workflows.report_text import REF
from workflows.selectors import CARRYING_OUT, task_calls, task_results
from workflows.states import TaskStatus, WorkflowStatus

RETRYABLE_IN = (*CARRYING_OUT, WorkflowStatus.PAUSED, WorkflowStatus.FAILED)


@dataclass(frozen=True)
class Criterion:
    """An acceptance criterion and its evidence. `met` is None while nobody has judged it."""

    text: str
    met: bool | None = None
    note: str = ""


@dataclass(frozen=True)
class TaskPane:
    """`results` newest first; the first one counts."""

    task: Task
    results: Sequence[TaskResult]
    calls: Sequence[CallRecord]
    criteria: Sequence[Criterion]
    needs: Sequence[Task]
    steps: Sequence[StepTaken]
    body: SafeString | str
    can_retry: bool
    can_take_out: bool

    @property
    def result(self) -> TaskResult | None:
        return self.results[0] if self.results else None


def task_pane(
    user: Any, workflow: Workflow, task: Task, siblings: Sequence[Task], *, may_steer: bool
) -> TaskPane:
    results = list(task_results(user, task).defer("passages"))
    result = results[0] if results else None
    retryable = task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED) and workflow.status in RETRYABLE_IN
    return TaskPane(
        task=task,
        results=results,
        calls=list(task_calls(task)),
        criteria=criteria(task, result),
        needs=[each for each in siblings if each.key in task.depends_on],
        steps=steps_of(task),
        body=result_html(workflow, result) if result else "",
        can_retry=may_steer and retryable,
        can_take_out=may_steer and task.status == TaskStatus.PENDING and workflow.status in RETRYABLE_IN,
    )


def criteria(task: Task, result: TaskResult | None) -> list[Criterion]:
    """The task's criteria with what the result says about each, and whatever else it was judged by."""
    judged = {each["criterion"]: each for each in (result.evidence if result else ())}
    known = numbers(result.citations) if result else {}
    names = list(dict.fromkeys([*task.acceptance, *judged]))
    return [_criterion(name, judged.get(name), known) for name in names]


def _criterion(name: str, found: dict[str, Any] | None, known: dict[str, str]) -> Criterion:
    """References in the note are shown as the numbers of the result's footnotes."""
    if not found:
        return Criterion(name)
    note = REF.sub(lambda mark: f"[{known[mark[1]]}]" if mark[1] in known else "", found.get("note", ""))
    return Criterion(name, found["met"], " ".join(note.split()))
