"""Pause, resume, cancel, retry, edit, add, reassign: at every station."""

from collections.abc import Callable

import pytest

from ai_integration.models import CallRecord
from foundation.core.errors import Conflict, IllegalTransition, Invalid
from plans.models import ApprovalRequest
from tests.stub import Asked, Stub, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import by_hand, crank, decide, fresh, moves, statuses, step, task_of
from workflows.engine.runs import advance_run
from workflows.engine.tasks import run_task
from workflows.models import Workflow
from workflows.services import (
    task_add,
    task_retry,
    task_set_status,
    task_update,
    workflow_cancel,
    workflow_pause,
    workflow_resume,
)
from workflows.states import FINISHED, TaskStatus, WorkflowStatus

FINE = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS)
STATIONS = ("planning", "awaiting_approval", "running", "reviewing", "revising")
type Steer = Callable[[Workflow], object]


class Midway:
    """A workflow by hand that stands at a station, or is steered from inside the model's call there."""

    def __init__(self, house: House, stub: Callable[..., Stub]) -> None:
        self.house, self.stub = house, stub

    def at(self, station: str, steer: Steer) -> Workflow:
        """Go on to `station`, call `steer(workflow)` there, and let whatever was under way come to rest."""
        workflow = self.house.delegate("Report on the new lamp: price and delivery.")
        if station == "planning":
            return self._during("plan", workflow, steer)
        workflow = step(workflow)
        if station == "awaiting_approval":
            steer(workflow)
            return crank(workflow)
        decide(workflow)
        if station == "running":
            return self._during("work", workflow, steer)
        return self._during("review" if station == "reviewing" else "again", workflow, steer)

    def _during(self, job: str, workflow: Workflow, steer: Steer) -> Workflow:
        steered: list[int] = []

        def script(asked: Asked) -> str:
            now = asked.job == job or (job == "again" and asked.key and asked.brief.previous)
            if now and not steered:
                steered.append(asked.number)
                steer(fresh(workflow))
            if job == "again" and asked.job == "review":
                return _revise(asked) if asked.brief.revision == 0 else secretary(asked)
            return secretary(asked)

        self.stub(script)
        self.house.use("openai:stub")
        crank(workflow)
        assert steered, f"never came to {job}"
        return fresh(workflow)


def _revise(asked: Asked) -> str:
    key = asked.brief.items[0].item.key
    return f'{{"revise": ["{key}"], "findings": [{{"key": "{key}", "criterion": "c", "met": false}}]}}'


@pytest.fixture
def midway(house: House, stub: Callable[..., Stub]) -> Midway:
    return Midway(house, stub)


@pytest.mark.parametrize("station", STATIONS)
def test_paused_anywhere_it_stands_still_and_then_goes_on(midway: Midway, house: House, station: str) -> None:
    seen: list[str] = []

    def pause(workflow: Workflow) -> None:
        seen.append(workflow.status)
        workflow_pause(house.user, workflow)

    workflow = midway.at(station, pause)
    assert seen == [station]
    assert (workflow.status, workflow.resumes_to) == ("paused", station)
    calls = CallRecord.objects.count()
    assert crank(workflow).status == "paused"
    assert CallRecord.objects.count() == calls

    workflow_resume(house.user, workflow)
    if station in ("planning", "awaiting_approval"):
        workflow = crank(workflow)
        assert workflow.status == "awaiting_approval"
        decide(workflow)
    assert crank(workflow).status in FINE
    # What was under way at the pause was kept: nothing was asked for twice.
    assert set(CallRecord.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.parametrize("station", STATIONS)
def test_cancelled_anywhere_it_ends_and_nothing_is_written(
    midway: Midway, house: House, station: str
) -> None:
    workflow = midway.at(station, lambda it: workflow_cancel(house.user, it, reason="No longer needed."))
    assert (workflow.status, workflow.reason) == ("cancelled", "No longer needed.")
    assert not ApprovalRequest.objects.filter(status="pending").exists()
    assert not workflow.tasks.filter(status__in=("pending", "running")).exists()
    assert not (house.folder / "AI秘書").exists()
    for again in (workflow_resume, workflow_pause, workflow_cancel):
        with pytest.raises(Conflict):
            again(house.user, fresh(workflow))


def test_a_decision_made_during_a_pause_counts_when_it_goes_on(midway: Midway, house: House) -> None:
    workflow = midway.at("awaiting_approval", lambda it: workflow_pause(house.user, it))
    decide(workflow)
    assert crank(workflow).status == "paused"
    workflow_resume(house.user, workflow)
    assert crank(workflow).status in FINE


def test_a_pause_does_not_take_back_what_a_task_brought(midway: Midway, house: House) -> None:
    workflow = midway.at("running", lambda it: workflow_pause(house.user, it))
    assert "done" in statuses(workflow).values()
    assert set(statuses(workflow).values()) <= {"done", "pending"}


def test_a_finished_workflow_can_only_be_read(house: House) -> None:
    workflow = crank(house.delegate(auto_approve=True))
    for act in (workflow_pause, workflow_resume, workflow_cancel):
        with pytest.raises(Conflict):
            act(house.user, workflow)
    with pytest.raises(Conflict):
        task_add(house.user, workflow, title="One more")


@pytest.fixture
def working(house: House) -> Workflow:
    """Three tasks in a chain; the first one is done."""
    workflow = step(house.by_hand({"a": [], "b": ["a"], "c": ["b"]}))
    decide(workflow)
    workflow = step(workflow)
    run_task(task_of(workflow, "a").pk)
    assert statuses(workflow) == {"a": "done", "b": "pending", "c": "pending"}
    return workflow


def test_a_pending_task_is_done_as_it_reads_now(
    working: Workflow, house: House, stub: Callable[..., Stub]
) -> None:
    server = stub()
    house.use("openai:stub")
    task_update(house.user, task_of(working, "b"), title="Ask the supplier", queries=["Hikari"])
    assert crank(working).status in FINE
    brief = next(each.brief for each in server.of("work") if each.key == "b")
    assert (brief.item.title, brief.item.queries) == ("Ask the supplier", ["Hikari"])


def test_a_task_that_has_begun_is_not_edited(working: Workflow, house: House) -> None:
    with pytest.raises(Conflict):
        task_update(house.user, task_of(working, "a"), title="Too late")


@pytest.mark.parametrize("decided", [False, True])
def test_words_that_are_being_decided_on_are_not_edited(house: House, decided: bool) -> None:
    workflow = step(house.by_hand({"a": []}))
    if decided:
        decide(workflow)
    with pytest.raises(Conflict) as caught:
        task_update(house.user, task_of(workflow, "a"), title="Something else")
    assert caught.value.code == "in_plan"
    task_update(house.user, task_of(workflow, "a"), persona=house.team.members.get(role="執筆").pk)


def test_a_task_can_be_added_while_others_run(working: Workflow, house: House) -> None:
    task_add(house.user, working, key="extra", title="Find out: supplier", role="調査", depends_on=["a"])
    workflow = crank(working)
    assert workflow.status in FINE
    assert statuses(workflow)["extra"] == "done"
    assert "extra" in fresh(workflow).report.markdown


@pytest.mark.parametrize("station", ["planning", "awaiting_approval", "reviewing"])
def test_tasks_are_not_added_to_a_pause_before_or_after_the_work(
    midway: Midway, house: House, station: str
) -> None:
    workflow = midway.at(station, lambda it: workflow_pause(house.user, it))
    with pytest.raises(Conflict):
        task_add(house.user, workflow, title="One more")


def test_a_pending_task_goes_to_whoever_it_is_given_to(working: Workflow, house: House) -> None:
    writer = house.team.members.get(role="執筆")
    task_update(house.user, task_of(working, "b"), persona=writer.pk)
    workflow = crank(working)
    assert task_of(workflow, "b").results.first().persona_name == writer.name
    assert task_of(workflow, "c").results.first().persona_name != writer.name


def test_a_task_taken_out_is_named_as_a_gap(working: Workflow, house: House) -> None:
    task_set_status(house.user, task_of(working, "c"), "cancelled")
    workflow = crank(working)
    assert workflow.status == WorkflowStatus.COMPLETED_WITH_GAPS
    assert any(task_of(workflow, "c").title in gap for gap in workflow.report.gaps)


def test_the_last_open_task_taken_out_lets_the_run_go_on(working: Workflow, house: House) -> None:
    for key in "cb":
        task_set_status(house.user, task_of(working, key), "cancelled")
    assert crank(working).status == WorkflowStatus.COMPLETED_WITH_GAPS


def test_every_task_taken_out_stops_with_a_reason(house: House) -> None:
    workflow = step(house.by_hand({"a": []}))
    decide(workflow)
    workflow = step(workflow)
    task_set_status(house.user, task_of(workflow, "a"), "cancelled")
    workflow = crank(workflow)
    assert workflow.status == "failed"
    assert workflow.reason
    task_set_status(house.user, task_of(workflow, "a"), "pending")
    assert crank(workflow).status in FINE


@pytest.mark.parametrize("status", ["running", "done", "failed"])
def test_the_engines_own_states_are_not_set_by_hand(working: Workflow, house: House, status: str) -> None:
    with pytest.raises(Invalid):
        task_set_status(house.user, task_of(working, "b"), status)


def test_a_done_task_is_not_taken_out(working: Workflow, house: House) -> None:
    with pytest.raises(IllegalTransition):
        task_set_status(house.user, task_of(working, "a"), "cancelled")
    with pytest.raises(Conflict):
        task_retry(house.user, task_of(working, "a"))


def test_wake_ups_in_vain_change_nothing(working: Workflow) -> None:
    before = [moves(working), statuses(working), fresh(working).run.fence]
    for _ in range(3):
        advance_run(working.pk)
        run_task(task_of(working, "a").pk)
    assert [moves(working), statuses(working), fresh(working).run.fence] == before
    assert fresh(working).status not in FINISHED
    assert task_of(working, "a").status == TaskStatus.DONE


def test_by_hand_needs_a_task(house: House) -> None:
    with pytest.raises(Conflict) as caught:
        by_hand(house.user, {}, vault=house.vault.pk)
    assert caught.value.code == "no_tasks"
