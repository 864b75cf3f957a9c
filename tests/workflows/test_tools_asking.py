"""A tool whose server asks models: what it asks is the work's own, in its cost, in its budget, and asked for once."""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from ai_integration.models import CallRecord
from ai_integration.selectors import usage
from ai_integration.services import budget_set, credential_create, profile_set
from plans.models import ApprovalRequest
from plans.services import request_decide
from tests.pages import html, signed_in
from tests.stub import Calls, Stub
from tests.tool_servers import asker, close_all
from tests.workflows.driving import crank, fresh
from tests.workflows.talking import talk, turn
from tests.workflows.tooling import Scene, limit_when_asked, wake
from workflows.services import parking

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="its program is a script with a first line of its own"),
    pytest.mark.django_db(transaction=True),
]
MODEL = "compatible:stub"


@pytest.fixture
def scene(
    owner: Any, stub: Any, serving: Stub, settings: Any, tmp_path: Path, transactional_db: None
) -> Iterator[Scene]:
    """A persona whose tool asks `serving`, at a price of a dollar for a million tokens."""
    settings.DATA_DIR, settings.AI_MAX_OUTPUT_TOKENS = tmp_path / "data", 100
    serving.script = lambda asked: f"answer to {asked.messages[-1]['content']}"
    credential_create(owner, provider="compatible", base_url=serving.url, shared=True)
    profile_set(owner, reference=MODEL, price_in=Decimal(1), price_out=Decimal(1), output=100)
    made = Scene(owner, asker(owner, tmp_path / "asker"), tmp_path / "none", stub())
    texts = ("one", "two")
    requests = [
        {"model": "compatible/stub", "messages": [{"role": "user", "content": each}]} for each in texts
    ]
    made.steps = [Calls((("pal__ask", {"requests": requests}),))]
    made.stub.script = made.answer
    yield made
    close_all()


def texts(serving: Stub) -> list[str]:
    return [each.messages[-1]["content"] for each in serving.asked]


def test_what_it_asks_is_in_the_cost_of_the_work_and_on_its_page(scene: Scene, serving: Stub) -> None:
    workflow = scene.work("pal/ask")
    task = scene.run(workflow)
    assert task.status == "done", task.reason
    rows = CallRecord.objects.filter(subject_id=workflow.pk).order_by("created_at")
    assert list(rows.values_list("job", flat=True)) == [
        "step",
        "tool",
        "tool_model",
        "tool_model",
        "step",
        "work",
    ]
    asked = rows.filter(job="tool_model")
    assert {each.persona_name for each in asked} == {"道具係"}
    by_model = usage(scene.owner, subject_id=workflow.pk)["by_model"]
    [paid] = [each for each in by_model if (each["provider"], each["model"]) == ("compatible", "stub")]
    assert (paid["calls"], paid["tokens_in"], paid["tokens_out"]) == (2, 22, 14)
    assert sum(each.cost for each in asked) == Decimal(36) / 10**6
    brief = next(each.brief for each in scene.stub.asked if each.job == "work" and each.brief.tool_results)
    assert [each.tool for each in brief.tool_results] == ["pal/ask"]  # its own questions are no results
    reader = signed_in(scene.owner, "en")
    for page in (html(reader, f"/workflows/{workflow.pk}/", task="a"), html(reader, reverse("usage-page"))):
        assert page.count("asked by a tool") == 2


def test_a_budget_stops_it_in_the_middle_and_approved_it_goes_on_from_there(
    scene: Scene, serving: Stub
) -> None:
    workflow = scene.work("pal/ask")
    limit_when_asked(scene, workflow, tokens=125)  # one question, and what it took, but not the next
    task = scene.run(workflow)
    assert (task.status, fresh(workflow).status) == ("pending", "waiting_for_human")
    assert texts(serving) == ["one"]
    for _round in range(20):  # what the work asks afterwards meets the same limit
        request = next(iter(pending_budgets(workflow)), None)
        if request is None:
            break
        request_decide(scene.owner, request, "approve", content_hash=request.content_hash)
        parking.parked_sweep()
        crank(fresh(workflow))
    assert fresh(workflow).status in ("completed", "completed_with_gaps")
    assert texts(serving) == ["one", "two"]
    tool = CallRecord.objects.get(subject_id=workflow.pk, job="tool")
    assert (tool.status, tool.attempts) == ("finished", 2)
    assert "answer to two" in tool.answer["text"]


def test_a_discussion_waits_in_the_middle_of_its_turn(scene: Scene, serving: Stub) -> None:
    discussion = scene.talk("pal/ask")
    limit_when_asked(scene, discussion, tokens=1)
    discussion = turn(discussion)
    assert (discussion.status, texts(serving)) == ("waiting_for_human", [])
    [request] = pending_budgets(discussion)
    assert request.payload["tokens_limit"] == 1
    budget_set(scene.owner, scope="run", target=str(discussion.pk), period="total", tokens=10**7)
    parking.parked_sweep()
    wake()
    assert talk(fresh(discussion)).status == "ended"
    assert texts(serving) == ["one", "two"]


def pending_budgets(work: Any) -> list[Any]:
    return list(ApprovalRequest.objects.filter(subject_id=work.pk, kind="budget", status="pending"))
