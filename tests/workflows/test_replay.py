"""A worker that dies just before or just after any step of the engine: the next one goes on, and nothing is done twice.

Here death is an exception that nothing handles, at an exact place; `tests/crash` has real ones, at random places.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.utils import timezone

from ai_integration.gateway import calls
from ai_integration.models import CallRecord
from knowledge.services import writes
from plans.services import Decision
from tests.notes import tree
from tests.stub import Asked, Stub, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import crank, decide, fresh
from tests.workflows.test_steering import _revise
from workflows.engine import tasks as engine_tasks
from workflows.engine.checkpoints import FencedSaver
from workflows.graphs import task as task_graph
from workflows.models import Run, Task, Workflow
from workflows.services import reporting, running
from workflows.states import WorkflowStatus

FINE = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS)
PLACES: list[tuple[ModuleType, str]] = [
    (calls, "call_begin"),
    (calls, "call_finish"),  # within the transaction that `_recorded` commits
    (calls, "_recorded"),
    (running, "plan_store"),
    (running, "plan_auto_approve"),
    (running, "tasks_dispatch"),
    (engine_tasks, "task_start"),
    (task_graph, "task_deliver"),
    (running, "review_begin"),
    (running, "review_store"),
    (running, "tasks_revise"),
    (reporting, "report_store"),
    (reporting, "report_write"),
    (writes, "write_new"),
    (reporting, "workflow_complete"),
]


class Killed(BaseException):
    """Nobody handles this, as nobody handles SIGKILL."""


def dying(original: Callable[..., Any], *, after: bool, at: int = 0) -> Callable[..., Any]:
    """`original`, but the worker dies before or after its `at`-th use."""
    used = iter(range(1_000_000))

    def function(*args: Any, **given: Any) -> Any:
        now = next(used) == at
        if now and not after:
            raise Killed
        outcome = original(*args, **given)
        if now:
            raise Killed
        return outcome

    return function


def once_revised(asked: Asked) -> str:
    return _revise(asked) if asked.job == "review" and asked.brief.revision == 0 else secretary(asked)


def crank_through_deaths(workflow: Workflow) -> int:
    deaths = 0
    while True:
        try:
            crank(workflow)
        except Killed:
            deaths += 1
            _leases_run_out()
        else:
            return deaths


def _leases_run_out() -> None:
    """What a killed worker held is held until then: nobody gives it back."""
    long_ago = timezone.now() - timedelta(hours=1)
    for model in (Run, Task):
        model.objects.exclude(lease_expires_at=None).update(lease_expires_at=long_ago)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("module", "name"), PLACES, ids=[name for _, name in PLACES])
def test_death_at_any_step(
    house: House,
    stub: Callable[..., Stub],
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    name: str,
    after: bool,
) -> None:
    server = stub(once_revised)
    house.use("openai:stub")
    before = tree(house.folder)
    monkeypatch.setattr(module, name, dying(getattr(module, name), after=after))
    workflow = house.by_hand({"a": [], "b": ["a"]}, auto_approve=True)

    assert crank_through_deaths(workflow) == 1

    workflow = fresh(workflow)
    assert workflow.status in FINE
    assert workflow.reviews.count() == 2
    assert {task.key: task.results.count() for task in workflow.tasks.all()} == {"a": 2, "b": 2}
    new = {path: text for path, text in tree(house.folder).items() if path not in before}
    assert new == {workflow.report.note_path: workflow.report.markdown.encode()}

    unfinished = name == "call_finish" or (name == "_recorded" and not after)
    made = Counter((each.job, each.key, str(each.messages)) for each in server.asked)
    assert sorted(made.values()) == [1, 1, 1, 1, 1, *([2] if unfinished else [1])]
    attempts = sorted(CallRecord.objects.values_list("attempts", flat=True))
    lost = unfinished or (name == "call_begin" and after)
    assert attempts == [1, 1, 1, 1, 1, 2 if lost else 1]


@pytest.mark.parametrize("at", range(6))
def test_death_between_what_a_step_wrote_and_its_checkpoint(
    house: House, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """The step stands as done in its thread, and the next one is not named there yet."""
    before = tree(house.folder)
    workflow = house.by_hand({"a": []})
    crank(workflow)
    monkeypatch.setattr(FencedSaver, "put", dying(FencedSaver.put, after=False, at=at))
    decide(workflow)
    assert crank_through_deaths(workflow) == 1
    workflow = fresh(workflow)
    assert workflow.status in FINE
    assert workflow.tasks.get().results.count() == 1
    assert set(tree(house.folder)) - set(before) == {workflow.report.note_path}


@pytest.mark.parametrize("kept", ["plan", "work", "review"])
def test_a_finished_call_survives_the_loss_of_every_checkpoint_write(
    house: House, stub: Callable[..., Stub], monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    """The outcome is on record, the step that used it is not: the replay spends nothing."""
    server = stub()
    house.use("openai:stub")
    original = calls._recorded

    def recorded(call: Any, *given: Any) -> CallRecord:
        done = original(call, *given)
        if done.job == kept and not getattr(recorded, "died", False):
            recorded.died = True  # type: ignore[attr-defined]
            raise Killed
        return done

    monkeypatch.setattr(calls, "_recorded", recorded)
    workflow = house.delegate("Report on the new lamp: price and delivery.", auto_approve=True)
    assert crank_through_deaths(workflow) == 1
    assert fresh(workflow).status in FINE
    assert len(server.asked) == CallRecord.objects.count()
    assert set(CallRecord.objects.values_list("attempts", "status")) == {(1, "finished")}


def test_three_deaths_at_one_place_end_the_task_and_not_the_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = task_graph.work_brief

    def deadly(task: Any) -> Any:
        if task.key == "a":
            raise Killed
        return original(task)

    monkeypatch.setattr(task_graph, "work_brief", deadly)
    workflow = house.by_hand({"a": [], "b": [], "c": ["a"]}, auto_approve=True)
    assert crank_through_deaths(workflow) == 3
    workflow = fresh(workflow)
    assert workflow.status == WorkflowStatus.COMPLETED_WITH_GAPS
    states = {task.key: task.status for task in workflow.tasks.all()}
    assert states == {"a": "failed", "b": "done", "c": "done"}
    assert "three times" in workflow.tasks.get(key="a").reason or "3" in workflow.tasks.get(key="a").reason


def test_deaths_at_different_places_are_not_held_against_a_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in PLACES:
        if module in (running, reporting) and name != "tasks_revise":
            monkeypatch.setattr(module, name, dying(getattr(module, name), after=False))
    workflow = house.by_hand({"a": []}, auto_approve=True)
    assert crank_through_deaths(workflow) == 8
    assert fresh(workflow).status in FINE


def test_a_person_who_is_faster_than_automatic_approval_is_obeyed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "plan_store", dying(running.plan_store, after=True))
    workflow = house.by_hand({"a": []}, auto_approve=True)
    with pytest.raises(Killed):
        crank(workflow)
    decide(workflow, Decision.REJECT, "Stop.")
    workflow = crank(workflow)
    assert (workflow.status, workflow.reason) == ("cancelled", "Stop.")
    assert not workflow.tasks.filter(status="done").exists()
