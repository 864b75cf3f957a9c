"""In which order tasks go: with a real worker, proven by the order of events and never by the clock."""

import threading
from collections.abc import Callable

from foundation.core.worker import EmbeddedWorker
from tests.stub import Asked, Stub, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import fresh, statuses, task_moves, until, until_status
from workflows.states import WorkflowStatus

FINE = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS)


def test_each_task_waits_for_its_own_dependencies_alone(house: House, worker: EmbeddedWorker) -> None:
    dag = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"], "e": ["c", "d"]}
    workflow = house.by_hand(dag, auto_approve=True)
    order = task_moves(until_status(workflow, *FINE))
    for key, depends_on in dag.items():
        for other in depends_on:
            assert order.index(f"{other}→done") < order.index(f"{key}→running")
    assert sorted(order[: 2 * len(dag)]) == sorted(f"{key}→{to}" for key in dag for to in ("running", "done"))


def test_a_fast_chain_is_not_held_up_by_a_slow_sibling(
    house: House, worker: EmbeddedWorker, stub: Callable[..., Stub]
) -> None:
    go = threading.Event()

    def script(asked: Asked) -> str:
        if asked.key == "slow":
            assert go.wait(30)
        return secretary(asked)

    stub(script)
    house.use("openai:stub", "調査")
    dag = {"slow": [], "a": [], "b": ["a"], "c": ["b"], "end": ["slow", "c"]}
    workflow = house.by_hand(dag, auto_approve=True)

    until(lambda: statuses(workflow).get("c") == "done", "the chain")
    assert statuses(workflow) == {"slow": "running", "a": "done", "b": "done", "c": "done", "end": "pending"}
    go.set()
    order = task_moves(until_status(workflow, *FINE))
    assert order.index("slow→running") < order.index("c→done") < order.index("slow→done")
    assert order.index("slow→done") < order.index("end→running")


def test_independent_tasks_are_under_way_together(
    house: House, worker: EmbeddedWorker, stub: Callable[..., Stub]
) -> None:
    together = threading.Barrier(6)

    def script(asked: Asked) -> str:
        if asked.job == "work" and not asked.brief.previous:
            together.wait(30)  # broken unless all six are being asked at the same time
        return secretary(asked)

    stub(script)
    house.use("openai:stub", "調査")
    workflow = house.by_hand({key: [] for key in "abcdef"}, auto_approve=True)
    until_status(workflow, *FINE)
    assert not together.broken


def test_fifty_tasks_come_to_an_end(house: House, worker: EmbeddedWorker) -> None:
    dag = {f"t{number}": [f"t{number - 7}"] if number >= 7 else [] for number in range(50)}
    workflow = until_status(house.by_hand(dag, auto_approve=True), *FINE)
    assert set(statuses(workflow).values()) == {"done"}
    assert fresh(workflow).progress == 100


def test_results_of_dependencies_are_handed_on(
    house: House, worker: EmbeddedWorker, stub: Callable[..., Stub]
) -> None:
    server = stub()
    house.use("openai:stub", "調査")
    workflow = house.by_hand({"a": [], "b": [], "c": ["a", "b"]}, auto_approve=True)
    until_status(workflow, *FINE)
    brief = next(each.brief for each in server.of("work") if each.key == "c")
    bodies = {task.key: task.results.last().body for task in workflow.tasks.filter(key__in="ab")}
    assert {each.item.key: each.result.body for each in brief.inputs} == bodies
