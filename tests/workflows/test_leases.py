"""One worker at a time: claims, fences, and workers that were taken for dead and come back."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from ai_integration.models import CallRecord
from foundation.core import leases
from foundation.core.errors import LeaseLost
from foundation.core.leases import Lease, claim, free_dead, guard, kept, release
from tests.notes import tree
from tests.stub import Asked, Stub, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import crank, decide, fresh, statuses, step, task_moves, task_of, until
from workflows.engine.checkpoints import FencedSaver, store
from workflows.engine.runs import advance_run
from workflows.engine.tasks import run_task
from workflows.graphs.run import build
from workflows.models import Run, Task, Workflow
from workflows.services import running, workflow_pause
from workflows.states import WorkflowStatus

FINE = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS)
LONG_AGO = timedelta(hours=1)


@pytest.fixture
def workflow(house: House) -> Workflow:
    """Its tasks are ready and nobody has begun."""
    made = step(house.by_hand({"a": [], "b": []}))
    decide(made)
    return step(made)


def expire(row: Run | Task) -> None:
    type(row).objects.filter(pk=row.pk).update(lease_expires_at=timezone.now() - LONG_AGO)


def elsewhere(work: Callable[[], Any]) -> None:
    """Do it on another thread, with a connection of its own, and wait for it."""

    def run() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def test_one_claim_wins_until_it_expires_or_is_released(workflow: Workflow) -> None:
    task = task_of(workflow, "a")
    first = claim(Task, task.pk)
    assert first
    assert claim(Task, task.pk) is None
    release(first)
    second = claim(Task, task.pk)
    assert second
    expire(task)
    third = claim(Task, task.pk)
    assert third
    assert first.fence < second.fence < third.fence


def test_an_earlier_claim_of_the_same_process_is_void(workflow: Workflow) -> None:
    task = task_of(workflow, "a")
    earlier = claim(Task, task.pk)
    expire(task)
    later = claim(Task, task.pk)
    assert earlier.owner != later.owner
    with pytest.raises(LeaseLost), transaction.atomic():
        guard(earlier)
    release(earlier)
    assert claim(Task, task.pk) is None


WRITES: dict[str, Callable[[Lease, Workflow], Any]] = {
    "plan_again": lambda lease, it: running.plan_again(lease, str(it.pk), round=1),
    "plan_refused": lambda lease, it: running.plan_refused(lease, str(it.pk), "no"),
    "tasks_dispatch": lambda lease, it: running.tasks_dispatch(lease, str(it.pk), []),
    "review_begin": lambda lease, it: running.review_begin(lease, str(it.pk)),
    "workflow_fail": lambda lease, it: running.workflow_fail(lease, it.pk, "no"),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_worker_that_lost_the_run_writes_nothing(workflow: Workflow, name: str) -> None:
    lost = claim(Run, workflow.pk)
    expire(workflow.run)
    assert claim(Run, workflow.pk)
    before = (fresh(workflow).status, fresh(workflow).run.plan_round, statuses(workflow))
    with pytest.raises(LeaseLost):
        WRITES[name](lost, workflow)
    assert (fresh(workflow).status, fresh(workflow).run.plan_round, statuses(workflow)) == before


def test_a_worker_that_lost_the_task_delivers_nothing(workflow: Workflow) -> None:
    task = task_of(workflow, "a")
    lost = running.task_start(task.pk)
    assert running.task_start(task.pk) is None
    expire(task)
    later = running.task_start(task.pk)
    for write in (
        lambda: running.task_deliver(lost, 0, {"citations": [], "gaps": []}),
        lambda: running.task_fail(lost, "no"),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert not task.results.exists()
    assert (fresh(task).status, fresh(task).lease_owner) == ("running", later.owner)
    assert task_moves(workflow) == ["a→running"]


def test_a_result_and_the_lease_are_given_back_in_one_movement(
    house: House, monkeypatch: pytest.MonkeyPatch, workflow: Workflow
) -> None:
    """The worker is killed before it can do anything more, and nobody has to wait for its lease."""
    first, second = task_of(workflow, "a"), task_of(workflow, "b")
    monkeypatch.setattr(leases, "release", lambda *_args, **_given: None)
    run_task(first.pk)
    running.task_fail(running.task_start(second.pk), "It broke.")
    for task, status in ((fresh(first), "done"), (fresh(second), "failed")):
        assert (task.status, task.lease_owner, task.lease_expires_at, task.attempts) == (status, "", None, 0)


def test_what_is_rolled_back_keeps_its_lease(workflow: Workflow) -> None:
    task = task_of(workflow, "a")
    lease = running.task_start(task.pk)
    with transaction.atomic():
        running.task_fail(lease, "no")
        transaction.set_rollback(True)
    assert (fresh(task).status, fresh(task).lease_owner, lease.over) == ("running", lease.owner, False)
    running.task_fail(lease, "no")
    assert lease.over


def test_a_task_is_not_taken_while_its_workflow_is_paused(workflow: Workflow) -> None:
    task = task_of(workflow, "a")
    workflow_pause(workflow.owner, fresh(workflow))
    with pytest.raises(running.Halted):
        running.task_start(task.pk)
    run_task(task.pk)
    unmoved = fresh(task)
    assert (unmoved.status, unmoved.lease_owner, unmoved.fence, unmoved.attempts) == ("pending", "", 0, 0)
    assert task_moves(workflow) == []


def test_a_worker_that_lost_its_lease_writes_no_checkpoint(workflow: Workflow) -> None:
    lost = claim(Run, workflow.pk)
    expire(workflow.run)
    assert claim(Run, workflow.pk)
    graph = build().compile(checkpointer=FencedSaver(store(), lost))
    thread: Any = {"configurable": {"thread_id": f"run:{workflow.pk}"}}
    before = [each.config for each in graph.get_state_history(thread)]
    with pytest.raises(LeaseLost):
        graph.update_state(thread, {"plan_round": 7})
    assert [each.config for each in graph.get_state_history(thread)] == before


def test_a_worker_taken_for_dead_comes_back_and_changes_nothing(
    house: House, stub: Callable[..., Stub], workflow: Workflow
) -> None:
    """While the first waits for its model, its lease expires and another does the whole task."""
    task = task_of(workflow, "a")

    def script(asked: Asked) -> str:
        if len(server.asked) == 1:
            expire(task)
            elsewhere(lambda: run_task(task.pk))
            assert fresh(task).status == "done"
            return secretary(asked).replace("lamp", "LATE")
        return secretary(asked)

    server = stub(script)
    house.use("openai:stub", "調査")
    run_task(task.pk)
    assert task.results.get().body.count("LATE") == 0
    assert CallRecord.objects.get(job="work").attempts == 2
    checkpoints = list(store().saver.list({"configurable": {"thread_id": f"task:{task.pk}:0"}}))
    parents = [
        each.parent_config["configurable"]["checkpoint_id"] for each in checkpoints if each.parent_config
    ]
    assert len(parents) == len(set(parents)), "the thread forked"
    assert crank(workflow).status in FINE


def test_many_workers_on_one_run_do_everything_once(house: House, stub: Callable[..., Stub]) -> None:
    server = stub()
    house.use("openai:stub")
    before = tree(house.folder)
    workflow = house.by_hand({"a": [], "b": [], "c": ["a"]}, auto_approve=True)

    def hammer() -> None:
        start.wait(20)
        for _ in range(400):
            advance_run(workflow.pk)
            for pk in Task.objects.filter(workflow=workflow).values_list("pk", flat=True):
                run_task(pk)
            if fresh(workflow).status in FINE:
                break
        connection.close()

    start = threading.Barrier(4)
    threads = [threading.Thread(target=hammer) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    workflow = fresh(workflow)
    assert workflow.status in FINE
    assert set(CallRecord.objects.values_list("attempts", flat=True)) == {1}
    assert len(server.asked) == CallRecord.objects.count()
    assert len(set(tree(house.folder)) - set(before)) == 1
    assert [event.seq for event in _stream(workflow)] == list(range(1, len(_stream(workflow)) + 1))


def _stream(workflow: Workflow) -> list[Any]:
    from foundation.activity.models import Event

    return list(Event.objects.filter(stream=workflow.stream).order_by("pk"))


def test_a_lease_is_renewed_while_the_model_thinks(
    house: House, stub: Callable[..., Stub], workflow: Workflow, settings: Any
) -> None:
    settings.LEASE_SECONDS = 1
    task = task_of(workflow, "a")

    def expiry() -> Any:
        return fresh(task).lease_expires_at

    def script(asked: Asked) -> str:
        first = expiry()
        until(lambda: expiry() > first, "a renewed lease")
        connection.close()
        return secretary(asked)

    stub(script)
    house.use("openai:stub", "調査")
    run_task(task.pk)
    assert fresh(task).status == "done"
    assert fresh(task).lease_expires_at is None


def test_attempts_are_forgotten_when_a_block_ends_well(workflow: Workflow) -> None:
    task = task_of(workflow, "a")
    for expected in (1, 2):
        with pytest.raises(ZeroDivisionError), kept(claim(Task, task.pk)):
            raise ZeroDivisionError
        assert fresh(task).attempts == expected
    with kept(claim(Task, task.pk)):
        pass
    assert fresh(task).attempts == 0


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def held_by(task: Task, owner: str) -> bool:
    """Whether a lease of `owner` is still held after the dead ones were freed."""
    in_time = timezone.now() + LONG_AGO
    Task.objects.filter(pk=task.pk).update(lease_owner=owner, lease_expires_at=in_time)
    free_dead()
    return fresh(task).lease_owner == owner


def test_leases_of_dead_processes_are_not_waited_for(
    workflow: Workflow, sleeper: subprocess.Popen[bytes]
) -> None:
    task = task_of(workflow, "a")
    place = leases._place()
    living = f"{place}:{sleeper.pid}:0badcafe:1"
    assert held_by(task, living)
    sleeper.kill()
    sleeper.wait()
    assert not held_by(task, living)


def test_leases_of_the_living_and_the_unknown_are_kept(workflow: Workflow) -> None:
    task = task_of(workflow, "a")
    place, me = leases._place(), os.getpid()
    own = claim(Task, task.pk).owner
    assert held_by(task, own)
    assert not held_by(task, f"{place}:{me}:0badcafe:1"), "our number, another life"
    for owner in (f"elsewhere/1:{2**22 + 1}:0badcafe:1", "somebody", "", f"{place}:nonsense:0badcafe:1"):
        assert held_by(task, owner)
