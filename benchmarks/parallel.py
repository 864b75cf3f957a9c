"""Parallel work with a model that thinks for a second: how near the whole run comes to its critical path.

(a) a plan, 8 independent tasks, a review and the report: three calls one after another are the least there is.
(b) an uneven DAG: a fast chain beside a slow task; each task may only wait for its own dependencies.
Target: at most 1.15 times the critical path. The same graphs as plain LangGraph supersteps would take the third figure.
"""

import statistics
import time
from typing import Any

from benchmarks.house import House, house
from benchmarks.instant import INDEPENDENT_TASKS

ROUNDS = 3
THINKING = 1.0
UNEVEN = {  # key: (seconds, what it waits for)
    "slow": (3.0, []),
    "a": (1.0, []),
    "b": (0.5, ["a"]),
    "c": (1.0, ["b"]),
    "d": (1.0, ["c"]),
    "beside": (1.5, ["a"]),
    "end": (0.5, ["slow", "d", "beside"]),
}


def planned(home: House) -> Any:
    from workflows.services import workflow_create

    return workflow_create(home.user, requirement="Do it.", auto_approve=True)


def uneven(home: House) -> Any:
    from workflows.services import task_add, workflow_create, workflow_start

    workflow = workflow_create(home.user, requirement="Do it.", auto_approve=True, auto_generate_tasks=False)
    for key, (seconds, depends_on) in UNEVEN.items():
        task_add(home.user, workflow, key=key, title=f"{key} {seconds} s", role="調査", depends_on=depends_on)
    return workflow_start(home.user, workflow)


def critical_path() -> float:
    ends: dict[str, float] = {}
    for key, (seconds, depends_on) in UNEVEN.items():
        ends[key] = seconds + max((ends[other] for other in depends_on), default=0.0)
    return max(ends.values())


def in_supersteps() -> float:
    """Each step waits for the slowest of the step before it, as a `Send` fan-out does."""
    level: dict[str, int] = {}
    for key, (_, depends_on) in UNEVEN.items():
        level[key] = 1 + max((level[other] for other in depends_on), default=-1)
    return sum(max(UNEVEN[key][0] for key in level if level[key] == number) for number in set(level.values()))


def measured(home: House, make: Any) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        workflow = home.carried_out(make(home))
        times.append(time.perf_counter() - began)
        assert workflow.status == "completed", workflow.reason
    return statistics.median(times)


def tell(name: str, took: float, least: float, steps: float) -> None:
    print(f"{name:32} {took:5.2f} s, critical path {least:.2f} s, ratio {took / least:4.2f} (target 1.15), "
          f"supersteps {steps:.2f} s")  # fmt: skip


def main() -> None:
    with house() as home:
        home.think(0)
        home.carried_out(planned(home))
        home.think(THINKING)
        least = 3 * THINKING
        tell(f"plan, {INDEPENDENT_TASKS} tasks, review, report", measured(home, planned), least, least)
        least, steps = critical_path() + THINKING, in_supersteps() + THINKING
        tell("uneven DAG, review, report", measured(home, uneven), least, steps)


if __name__ == "__main__":
    main()
