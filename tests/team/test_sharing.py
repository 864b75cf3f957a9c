"""Two workers share one run's tasks, and the death of one loses nothing."""

import os
import signal

from tests.team.processes import Team, until

TASKS = 8


def test_two_workers_share_one_runs_tasks(team: Team) -> None:
    workflow = team.carry_out(TASKS)
    seen: set[int] = set()

    def both() -> bool:
        seen.update(team.holders(workflow))
        return all(seen & worker.children() for worker in team.workers.values())

    until(both, "a task with each worker")
    assert team.finish(workflow) in ("completed", "completed_with_gaps")
    assert team.tasks(workflow) == {"done": TASKS}
    assert {(status, count) for _key, status, count in team.calls(workflow)} == {("finished", 1)}


def test_kill_9_of_one_worker_loses_nothing(team: Team) -> None:
    workflow = team.carry_out(TASKS)
    victim = team.workers["one"]
    until(lambda: team.holders(workflow) & victim.children(), "a task with the victim")
    victim.kill()
    assert team.finish(workflow) in ("completed", "completed_with_gaps")
    assert team.tasks(workflow) == {"done": TASKS}
    assert {(status, count) for _key, status, count in team.calls(workflow)} == {("finished", 1)}
    team.hire("one")


def test_the_death_of_a_child_costs_its_task_one_attempt(team: Team) -> None:
    workflow = team.carry_out(2)
    held = until(lambda: team.holders(workflow), "a task at work")
    os.kill(held.pop(), signal.SIGKILL)
    assert team.finish(workflow) in ("completed", "completed_with_gaps")
    assert team.tasks(workflow) == {"done": 2}
    assert all(worker.process.poll() is None for worker in team.workers.values())


def test_a_worker_that_is_told_to_stop_leaves_at_its_next_step(team: Team) -> None:
    workflow = team.carry_out(TASKS)
    leaving = team.workers["two"]
    until(lambda: team.holders(workflow) & leaving.children(), "a task with the one that leaves")
    assert leaving.stop() == 0
    assert team.finish(workflow) in ("completed", "completed_with_gaps")
    assert team.tasks(workflow) == {"done": TASKS}
    team.hire("two")
