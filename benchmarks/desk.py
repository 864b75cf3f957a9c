"""The approval desk: a decision until its run goes on, the difference of two long plans, and the queries of its pages.

A decision to the first statement of the resumed run is measured beside a bare `Command(resume=…)` on a graph of the same two
nodes with the same saver. `python -m benchmarks.desk`
"""

import statistics
import time
from pathlib import Path
from typing import Any, TypedDict

from benchmarks.house import House, house

ROUNDS, WARMING = 15, 3
ITEMS = 500
FEW, MANY = 10, 10_000


def main() -> None:
    _difference()
    with house() as made:
        made.think(0)
        ours = [_decided(made) for _ in range(WARMING + ROUNDS)][WARMING:]
        bare = [_bare(made.folder, number) for number in range(WARMING + ROUNDS)][WARMING:]
        ratio = statistics.median(ours) / statistics.median(bare)
        print(
            f"decision → resumed run     {_ms(ours)}   bare Command(resume=…) {_ms(bare)}   ratio {ratio:.1f}"
        )
        _pages(made)


def _difference() -> None:
    from plans.content import diff

    before, after = _content(""), _content(" and more")
    took = []
    for _ in range(WARMING + ROUNDS):
        began = time.perf_counter()
        found = diff(before, after)
        took.append(1000 * (time.perf_counter() - began))
    assert len(found["changed"]) == ITEMS - 1
    assert len(found["added"]) == len(found["removed"]) == 1
    print(f"difference of {ITEMS} items    {_ms(took[WARMING:])}   (target 100 ms)")


def _content(more: str) -> dict[str, Any]:
    items = [
        {"key": f"t{number}", "title": f"Item {number}", "role": "r", "instructions": f"Do this{more}. " * 40}
        | {"acceptance": [f"criterion {line}{more}" for line in range(5)], "depends_on": [], "queries": []}
        for number in range(ITEMS - 1)
    ]
    items.append({"key": f"last{more.strip().replace(' ', '-')}", "title": "x", "role": "r"})
    return {"title": f"Plan{more}", "items": items}


def _decided(made: House) -> float:
    """Milliseconds from the call of the command to the event that says the run moved on."""
    from foundation.activity.models import Event
    from plans.services import plan_decide
    from workflows.services import task_add, workflow_create, workflow_start

    given = {"requirement": "x", "auto_generate_tasks": False, "team": made.team.pk}
    workflow = workflow_create(made.user, **given)
    task_add(made.user, workflow, title="x", role="調査")
    workflow_start(made.user, workflow)
    while workflow.status != "awaiting_approval" or workflow.run.lease_expires_at is not None:
        time.sleep(0.02)
        workflow.refresh_from_db()
    rows = Event.objects.filter(stream=workflow.stream, payload__to="running", type="workflow.status_changed")
    began = time.perf_counter()
    plan_decide(made.user, workflow.plan, "approve", content_hash=workflow.plan.current.content_hash)
    while not rows.exists():
        time.sleep(0.001)
    took = 1000 * (time.perf_counter() - began)
    made.carried_out(workflow)
    return took


def _bare(folder: Path, number: int) -> float:
    import sqlite3

    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, StateGraph
    from langgraph.types import Command, interrupt

    class State(TypedDict):
        told: str

    reached: list[float] = []

    def wait(_state: State) -> State:
        return {"told": interrupt("?")}

    def go(_state: State) -> State:
        reached.append(time.perf_counter())
        return {}

    graph = StateGraph(State)
    graph.add_node(wait)
    graph.add_node(go)
    graph.add_edge(START, "wait")
    graph.add_edge("wait", "go")
    graph.add_edge("go", END)
    connection = sqlite3.connect(folder / "bare.sqlite3", check_same_thread=False)
    made = graph.compile(checkpointer=SqliteSaver(connection))
    at: Any = {"configurable": {"thread_id": str(number)}}
    made.invoke({"told": ""}, at, durability="sync")
    began = time.perf_counter()
    made.invoke(Command(resume="approved"), at, durability="sync")
    connection.close()
    return 1000 * (reached[0] - began)


def _pages(made: House) -> None:
    """Queries and milliseconds of the inbox and of a plan, at few and at many pending requests under a policy of three."""
    from django.test import Client
    from django.test.utils import override_settings

    addresses: dict[str, str] = {}
    figures: dict[str, list[str]] = {}
    with override_settings(ALLOWED_HOSTS=["testserver"]):
        client = Client()
        client.force_login(made.user)
        for number in (FEW, MANY - FEW):
            plan = _fill(made.user, number)
            addresses = addresses or {
                "inbox": "/approvals/",
                "api": "/api/v1/approvals/",
                "plan": f"/plans/{plan}/",
            }
            for name, address in addresses.items():
                figures.setdefault(name, []).append(_page(client, address))
    for name, found in figures.items():
        print(f"{name:26} {FEW}: {found[0]}   {MANY}: {found[1]}")


def _page(client: Any, address: str) -> str:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    took = []
    for _ in range(7):
        began = time.perf_counter()
        answer = client.get(address)
        took.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, address
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    return f"{len(captured)} queries, {statistics.median(took):.0f} ms"


def _fill(user: Any, number: int) -> Any:
    """So many pending plans with seats, deadlines and a vote each; returns the id of one that was submitted for real."""
    from uuid import uuid4

    from django.utils import timezone

    from plans.models import ApprovalRequest, Plan, PlanVersion

    content = {"title": "x", "items": [{"key": "a", "title": "x", "role": "r", "depends_on": []}]}
    plans = [Plan(owner=user, title=f"Plan {each}", status="submitted") for each in range(number)]
    Plan.objects.bulk_create(plans, 500)
    versions = [PlanVersion(plan=plan, number=1, content=content, content_hash="a" * 64) for plan in plans]
    PlanVersion.objects.bulk_create(versions, 500)
    for plan, version in zip(plans, versions, strict=True):
        plan.current = version
    Plan.objects.bulk_update(plans, ["current"], 500)
    policy = {"steps": [{"users": [str(user.pk)], "needed": 2}]}
    now = timezone.now()
    requests = [
        ApprovalRequest(
            owner=user,
            kind="plan",
            title=plan.title,
            subject_id=uuid4(),
            plan=plan,
            version=version,
            content_hash="a" * 64,
            seated=True,
            policy=policy,
            deadline=now,
            sorts_at=now,
        )
        for plan, version in zip(plans, versions, strict=True)
    ]
    ApprovalRequest.objects.bulk_create(requests, 500)
    _answered(user, requests)
    return plans[0].pk


def _answered(user: Any, requests: list[Any]) -> None:
    """A seat of the user's and a vote of somebody's in each."""
    from plans.models import Seat, Vote

    Seat.objects.bulk_create([Seat(request=each, step=0, user=user) for each in requests], 500)
    votes = [
        Vote(request=each, user_name="Somebody", decision="approve", content_hash="a" * 64)
        for each in requests
    ]
    Vote.objects.bulk_create(votes, 500)


def _ms(found: list[float]) -> str:
    return f"{statistics.median(found):.1f} ms ({min(found):.1f}–{max(found):.1f})"


if __name__ == "__main__":
    main()
