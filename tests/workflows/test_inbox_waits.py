"""What stands in the inbox waits, whatever was done by hand meanwhile: nothing stays behind, and nothing goes without a trace.

Every kind of request, and every way in which the work that it stops may move on. The queue's part is done by hand.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from ai_integration.services import profile_set
from foundation.activity.models import AuditEntry
from tests import factories
from tests.stub import Calls
from tests.tool_servers import allow
from tests.workflows.conftest import House
from tests.workflows.driving import crank, fresh, task_of
from tests.workflows.tooling import APPEND, Scene, wake
from workflows.models import Workflow

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
API = "/api/v1"
MODEL = "openai:stub"
ENDED = ("completed", "completed_with_gaps")
KINDS = ("plan", "question", "budget", "tool_call", "unknown_effect")
STAYS, AGAIN, GONE = "the same request", "asked anew", "nothing waits"


class Desk:
    """What a person sees and does over HTTP, and what the queue brings."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def inbox(self) -> dict[str, str]:
        """`{id: kind}` of what waits."""
        rows = self.client.get(f"{API}/approvals/").json()["results"]
        return {each["id"]: each["kind"] for each in rows}

    def say(self, work: Any, command: str) -> int:
        place = f"{API}/{type(work).__name__.lower()}s/{work.pk}/"
        if command == "delete":
            return self.client.delete(place).status_code
        return self.client.post(f"{place}{command}/", {}).status_code

    def decide(self, request: str, decision: str, **words: str) -> None:
        place = f"{API}/approvals/{request}/"
        given = {"decision": decision, "content_hash": self.client.get(place).json()["content_hash"]} | words
        answer = self.client.post(f"{place}decide/", given)
        assert answer.status_code == 200, answer.json()


def queue(workflow: Workflow) -> Workflow:
    """What the sweep and the messages bring, until nothing moves."""
    wake()
    crank(workflow)
    wake()
    return fresh(workflow)


def traced(request: str) -> bool:
    """Whether it ended by a decision, an expiry or a withdrawal that stands in the audit."""
    how = ("approval.decided", "approval.expired", "approval.withdrawn", "plan.decided")
    return AuditEntry.objects.filter(action__in=how, object_id=request).exists()


@pytest.fixture
def paid(house: House, stub: Any, settings: Any) -> House:
    stub()
    settings.AI_MAX_OUTPUT_TOKENS = 1000
    profile_set(house.user, reference=MODEL, price_in=Decimal(1), price_out=Decimal(1), output=1000)
    return house


@pytest.fixture
def stopped(request: pytest.FixtureRequest, api: Any) -> Callable[[str], tuple[Workflow, Desk]]:
    """`stopped(kind)`: a workflow that waits for such a request and for nothing else."""

    def made(kind: str) -> tuple[Workflow, Desk]:
        tools = kind in ("tool_call", "unknown_effect")
        scene = request.getfixturevalue("scene" if tools else "paid")
        workflow = _with_tools(scene, kind) if tools else _without(scene, kind, api)
        desk = Desk(api(workflow.owner))
        assert list(desk.inbox().values()) == [kind]
        return workflow, desk

    return made


def _with_tools(scene: Scene, kind: str) -> Workflow:
    unknown = kind == "unknown_effect"
    allow(scene.owner, scene.server, "append", policy="allow" if unknown else "ask")
    scene.steps = [Calls(((APPEND, {"text": "x"} | ({"then_die": True} if unknown else {})),))]
    workflow = scene.work()
    assert scene.run(workflow).status == "waiting"
    return fresh(workflow)


def _without(house: House, kind: str, api: Any) -> Workflow:
    if kind == "budget":
        return crank(house.delegate(model=MODEL, budget={"tokens": 1}))
    workflow = crank(house.delegate(policy={"max_rounds": 1} if kind == "question" else {}))
    for _ in range(2 if kind == "question" else 0):
        plan = fresh(workflow).plan
        body = {"content_hash": plan.current.content_hash, "comment": "短く"}
        assert api(house.user).post(f"{API}/plans/{plan.pk}/request-changes/", body).status_code == 200
        workflow = crank(workflow)
    return workflow


MOVES = [
    # What is done by hand, in this order; what becomes of the request of each kind.
    (("pause",), {"budget": GONE}),
    (("pause", "resume"), {"budget": AGAIN}),
    (("resume",), {"budget": AGAIN}),
    (("cancel",), dict.fromkeys(KINDS, GONE)),
    (("pause", "cancel"), dict.fromkeys(KINDS, GONE)),
    (("cancel", "delete"), dict.fromkeys(KINDS, GONE)),
    (("out of its project",), {}),
]


@pytest.mark.parametrize(("commands", "becomes"), MOVES, ids=["+".join(each[0]) for each in MOVES])
@pytest.mark.parametrize("kind", KINDS)
def test_moved_on_by_hand(
    stopped: Callable[[str], tuple[Workflow, Desk]],
    kind: str,
    commands: tuple[str, ...],
    becomes: dict[str, str],
) -> None:
    workflow, desk = stopped(kind)
    (before,) = desk.inbox()
    for command in commands:
        _command(desk, workflow, command)
    if commands[-1] != "delete":
        queue(workflow)
    after, expected = desk.inbox(), becomes.get(kind, STAYS)
    assert list(after.values()) == ([] if expected == GONE else [kind])
    assert (before in after) == (expected == STAYS)
    assert expected == STAYS or traced(before)


def _command(desk: Desk, workflow: Workflow, command: str) -> None:
    if command == "out of its project":
        project = desk.client.post(f"{API}/projects/", {"name": "P"}).json()["id"]
        place = f"{API}/workflows/{workflow.pk}/"
        assert desk.client.patch(place, {"project": project}).status_code == 200
        assert desk.client.delete(f"{API}/projects/{project}/").status_code == 204
        return
    refused = command == "resume" and fresh(workflow).status == "awaiting_approval"
    assert desk.say(workflow, command) in ((409,) if refused else (200, 204))


@pytest.mark.parametrize("kind", ["plan", "budget", "tool_call"])
def test_the_inbox_says_what_it_is_that_waits(
    stopped: Callable[[str], tuple[Workflow, Desk]], kind: str
) -> None:
    workflow, desk = stopped(kind)
    (row,) = desk.client.get(f"{API}/approvals/", {"workflow": str(workflow.pk)}).json()["results"]
    task = kind == "tool_call"
    subject = task_of(workflow, "a") if task else workflow
    assert row["workflow"] == str(workflow.pk)
    assert row["subject"] == {"kind": "task" if task else "workflow", "id": str(subject.pk)}
    assert desk.client.get(f"{API}/approvals/{row['id']}/").json()["subject"] == row["subject"]


@pytest.mark.parametrize("kind", ["plan", "question", "tool_call"])
def test_decided_while_it_is_paused_it_counts_when_it_is_resumed(
    stopped: Callable[[str], tuple[Workflow, Desk]], kind: str
) -> None:
    workflow, desk = stopped(kind)
    desk.say(workflow, "pause")
    (asked,) = desk.inbox()
    said = (
        {"decision": "answer", "answer": "another_round"} if kind == "question" else {"decision": "approve"}
    )
    desk.decide(asked, **said)
    assert (queue(workflow).status, desk.inbox()) == ("paused", {})
    desk.say(workflow, "resume")
    workflow = queue(workflow)
    if kind == "question":
        assert list(desk.inbox().values()) == ["plan"]
    else:
        assert workflow.status in ENDED
        assert desk.inbox() == {}


def test_what_costs_nothing_any_more_leaves_no_question_about_money(paid: House, api: Any) -> None:
    workflow = crank(paid.delegate(model=MODEL, budget={"money": 0.01}))
    desk = Desk(api(paid.user))
    (asked,) = desk.inbox()
    profile_set(paid.user, reference=MODEL, price_in=Decimal(0), price_out=Decimal(0), output=1000)
    assert desk.say(workflow, "resume") == 200
    assert queue(workflow).status == "awaiting_approval"
    assert list(desk.inbox().values()) == ["plan"]
    assert traced(asked)


@pytest.mark.parametrize("kind", ["tool_call", "unknown_effect"])
def test_a_task_that_is_taken_out_takes_its_question_along_and_the_work_goes_on(
    stopped: Callable[[str], tuple[Workflow, Desk]], kind: str
) -> None:
    workflow, desk = stopped(kind)
    (asked,) = desk.inbox()
    task = task_of(workflow, "a")
    assert desk.client.patch(f"{API}/tasks/{task.pk}/", {"status": "cancelled"}).status_code == 200
    workflow = queue(workflow)
    assert (desk.inbox(), traced(asked)) == ({}, True)
    assert workflow.status == "failed"  # nothing was carried out; it says so instead of waiting for nobody
    assert desk.client.post(f"{API}/tasks/{task.pk}/retry/").status_code == 200
    workflow = queue(workflow)
    if kind == "tool_call":
        assert list(desk.inbox().values()) == ["tool_call"]
    assert workflow.status == "waiting_for_human"


def test_a_draft_takes_the_question_about_its_plan_along(paid: House, api: Any) -> None:
    desk = Desk(api(paid.user))
    content = factories.content()
    plan = desk.client.post(f"{API}/plans/", {"content": content, "team": str(paid.team.pk)}).json()
    body = {"requirement": "x", "plan": plan["id"], "auto_start": False}
    made = desk.client.post(f"{API}/workflows/", body).json()
    assert desk.client.post(f"{API}/plans/{plan['id']}/submit/").status_code == 200
    (asked,) = desk.inbox()
    assert desk.say(Workflow.objects.get(pk=made["id"]), "delete") == 204
    assert (desk.inbox(), traced(asked)) == ({}, True)


def test_a_withdrawn_question_about_money_is_no_refusal(scene: Scene, api: Any) -> None:
    """The budget was raised, so its question went; then a tool is asked about, and the sweep comes by."""
    profile_set(scene.owner, reference=MODEL, price_in=Decimal(1), price_out=Decimal(1), output=1000)
    desk = Desk(api(scene.owner))
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "x"}),))]
    workflow = scene.work()
    limit = {"scope": "run", "target": str(workflow.pk), "period": "total"}
    assert desk.client.post(f"{API}/budgets/", limit | {"tokens": 1}).status_code == 201
    assert crank(workflow).status == "waiting_for_human"
    assert list(desk.inbox().values()) == ["budget"]
    assert desk.client.post(f"{API}/budgets/", limit | {"tokens": 10**7}).status_code in (200, 201)
    queue(workflow)
    assert list(desk.inbox().values()) == ["tool_call"]
    assert queue(workflow).status == "waiting_for_human"


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_tool_and_money_at_once(scene: Scene, api: Any, decision: str) -> None:
    """An answer about the tool does not answer for the money; a refusal of the money takes the tool's question along."""
    profile_set(scene.owner, reference=MODEL, price_in=Decimal(1), price_out=Decimal(1), output=1000)
    desk = Desk(api(scene.owner))
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "x"}),))]
    workflow = scene.work()
    place = f"{API}/workflows/{workflow.pk}/tasks/"
    assert desk.client.post(place, {"key": "b", "title": "Find out more", "role": "調査"}).status_code == 201
    assert scene.run(workflow).status == "waiting"
    limit = {"scope": "run", "target": str(workflow.pk), "period": "total"}
    assert desk.client.post(f"{API}/budgets/", limit | {"tokens": 1}).status_code == 201
    assert crank(workflow).status == "waiting_for_human"
    asked = {kind: pk for pk, kind in desk.inbox().items()}
    assert set(asked) == {"tool_call", "budget"}
    if decision == "approve":
        desk.decide(asked["tool_call"], "approve")
        assert queue(workflow).status == "waiting_for_human"
        assert desk.inbox() == {asked["budget"]: "budget"}
        desk.decide(asked["budget"], "approve")
        return
    desk.decide(asked["budget"], "reject", comment="Too dear")
    workflow = queue(workflow)
    assert (workflow.status, desk.inbox()) == ("failed", {})
    assert traced(asked["tool_call"])
    assert desk.client.post(f"{API}/budgets/", limit | {"tokens": 10**7}).status_code in (200, 201)
    assert desk.say(workflow, "resume") == 200
    queue(workflow)
    assert set(desk.inbox().values()) == {"tool_call"}  # it was not refused, so it is asked about anew
    assert scene.effects() == []
