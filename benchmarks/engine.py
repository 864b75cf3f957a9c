"""The engine's own cost: 8 independent tasks with a model that takes no time, on SQLite.

Three things take turns in one process: the platform's whole run (from the command to `completed`), a bare LangGraph graph that
writes the same number of durable rows, and LangGraph alone; each asks the same model ten times. "The same" is counted first, in
one run of the platform: rows inserted and by how many statements, rows updated, transactions, all through the same ORM and
database; and checkpoint rows beyond those of the bare graph itself, through its own saver.
Targets: at most 1.5 times the counterpart, and at most 10 ms added per task. `python -m benchmarks.engine [rounds]`
"""

import json
import operator
import sqlite3
import statistics
import sys
import threading
import time
from collections.abc import Callable
from typing import Annotated, Any, TypedDict

from benchmarks.counting import Counted, counting
from benchmarks.house import House, house
from benchmarks.instant import INDEPENDENT_TASKS, Instant

ROUNDS = 15
NODES = INDEPENDENT_TASKS + 3  # plan, tasks, review, report


class State(TypedDict, total=False):
    plan: str
    done: Annotated[list[str], operator.add]
    verdict: str


class Counterpart:
    """plan → 8 × work → review → report, each node with its share of the rows."""

    def __init__(self, database: Any) -> None:
        from langgraph.checkpoint.sqlite import SqliteSaver

        opened = sqlite3.connect(database, check_same_thread=False, timeout=20)
        opened.execute("PRAGMA journal_mode=WAL")
        opened.execute("PRAGMA synchronous=NORMAL")
        self.opened = opened
        self.saver = SqliteSaver(opened)
        self.saver.setup()
        self.rows = Counted()
        self.model = Instant()
        self.graph = self._build()
        self._number = 0

    def run(self) -> None:
        self._number += 1
        self.graph.invoke({"plan": "", "done": []}, self._thread(""), durability="sync")

    def _thread(self, part: str) -> Any:
        return {"configurable": {"thread_id": f"bare:{self._number}{part}", "checkpoint_ns": ""}}

    def checkpoint_rows(self) -> int:
        return sum(
            self.opened.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("checkpoints", "writes")
        )

    def _build(self) -> Any:
        from langgraph.graph import END, START, StateGraph
        from langgraph.types import Send

        graph = StateGraph(State)
        graph.add_node("plan", lambda _state: self._wrote(0, {"plan": self._asked("plan")}))
        graph.add_node("work", lambda state: self._wrote(state["number"], {"done": [self._asked("work")]}))
        graph.add_node("review", lambda _state: self._wrote(NODES - 2, {"verdict": self._asked("review")}))
        graph.add_node("report", lambda _state: self._wrote(NODES - 1, {}))
        graph.add_edge(START, "plan")
        graph.add_conditional_edges(
            "plan",
            lambda _state: [Send("work", {"number": 1 + n}) for n in range(INDEPENDENT_TASKS)],
            ["work"],
        )
        graph.add_edge("work", "review")
        graph.add_edge("review", "report")
        graph.add_edge("report", END)
        return graph.compile(checkpointer=self.saver)

    def _asked(self, job: str) -> str:
        return str(self.model.invoke([{"role": "user", "content": json.dumps({"job": job})}]).text)

    def _wrote(self, node: int, update: dict[str, Any]) -> dict[str, Any]:
        """This node's share of the rows, in its share of the transactions."""
        from django.db import connection, transaction

        inserts, insertions, updates, transactions, checkpoints = (
            _share(each, NODES, node) for each in self.rows.together()
        )
        for number in range(transactions):
            with transaction.atomic():
                self._insert(_share(inserts, transactions, number), _share(insertions, transactions, number))
                self._update(_share(updates, transactions, number))
        for number in range(checkpoints):
            self._checkpoint(number)
        if threading.current_thread() is not threading.main_thread():
            connection.close()  # LangGraph's threads are short-lived; their connections must not be
        return update

    def _checkpoint(self, number: int) -> None:
        from uuid import uuid4

        thread = self._thread(":more")
        thread["configurable"]["checkpoint_id"] = str(number)
        self.saver.put_writes(thread, [("plan", "p")], uuid4().hex)

    def _insert(self, rows: int, statements: int) -> None:
        from foundation.activity.models import AuditEntry

        for number in range(statements):
            made = [
                AuditEntry(actor_name="bare", action="bare", object_kind="x", object_id="x", data={"a": "b"})
                for _ in range(_share(rows, statements, number))
            ]
            if len(made) == 1:
                made[0].save(force_insert=True)
            else:
                AuditEntry.objects.bulk_create(made)

    def _update(self, rows: int) -> None:
        from django.db.models import F

        from foundation.activity.models import Stream

        for _ in range(rows):
            Stream.objects.filter(name="bare").update(last_seq=F("last_seq") + 1)


def _share(total: int, parts: int, number: int) -> int:
    return total * (number + 1) // parts - total * number // parts


def platform_run(home: House) -> None:
    from workflows.services import workflow_create

    workflow = workflow_create(home.user, requirement="Do it.", auto_approve=True)
    ended = home.carried_out(workflow)
    assert ended.status == "completed", ended.reason


def count_rows(home: House, bare: Counterpart) -> Counted:
    """What one run writes: rows of the platform's tables, and the checkpoints that it has more of than the counterpart."""
    from django.conf import settings

    checkpoints = sqlite3.connect(settings.CHECKPOINT_DATABASE)

    def kept() -> int:
        return sum(
            checkpoints.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("checkpoints", "writes")
        )

    before = kept()
    with counting() as counted:
        platform_run(home)
        time.sleep(0.2)  # leases are released after the end is told
    ours = kept() - before
    before = bare.checkpoint_rows()
    bare.run()
    theirs = bare.checkpoint_rows() - before
    print(counted.table())
    print(
        f"checkpoint rows: {ours} in the platform's {INDEPENDENT_TASKS + 1} threads, {theirs} in the counterpart's one"
    )
    counted.checkpoints = max(0, ours - theirs)
    return counted


def seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with house() as home:
        from foundation.activity.models import Stream

        Stream.objects.create(name="bare")
        home.think(0)
        bare, alone = (Counterpart(home.folder / f"{name}.sqlite3") for name in ("bare", "alone"))
        for _ in range(2):
            platform_run(home)
            alone.run()
        bare.rows = count_rows(home, bare)
        runs = {"platform": lambda: platform_run(home), "counterpart": bare.run, "LangGraph alone": alone.run}
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, run in runs.items():
                times[name].append(seconds(run))
        tell({name: statistics.median(each) for name, each in times.items()})


def tell(medians: dict[str, float]) -> None:
    for name, median in medians.items():
        print(f"{name:16} {1000 * median:7.1f} ms")
    ours, bare, alone = medians.values()
    added = 1000 * (ours - bare) / INDEPENDENT_TASKS
    print(f"platform ÷ counterpart     {ours / bare:5.2f}   (target 1.5)")
    print(f"platform ÷ LangGraph alone {ours / alone:5.2f}")
    print(f"added per task             {added:5.1f} ms (target 10)")


if __name__ == "__main__":
    main()
