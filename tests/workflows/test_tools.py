"""Work with tools: a model asks, a human is asked, calls are made once, and a hostile model gets nothing done."""

from typing import Any

import pytest

from ai_integration.models import CallRecord
from ai_integration.services import tool_rule_set
from foundation.core.canonical import sha256_of
from plans.models import ApprovalRequest
from plans.services import request_decide
from tests.stub import Calls
from tests.tool_servers import allow
from tests.workflows.driving import crank, decide, events, step, task_of
from tests.workflows.tooling import APPEND, Scene, wake
from workflows.models import Workflow
from workflows.services import task_add, workflow_cancel, workflow_create, workflow_start

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_an_allowed_tool_is_called_once_and_its_answer_reaches_the_work(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append")
    scene.steps = [Calls(((APPEND, {"text": "one"}), (APPEND, {"text": "two"})))]
    workflow = scene.work()
    task = scene.run(workflow)
    assert task.status == "done", task.reason
    assert [each["text"] for each in scene.effects()] == ["one", "two"]
    brief = next(each.brief for each in scene.stub.asked if each.job == "work" and each.brief.tool_results)
    assert [(each.tool, each.text) for each in brief.tool_results] == [("hostile/append", "appended")] * 2
    told = [each["type"] for each in events(workflow, "tool.called", "tool.answered")]
    assert told == ["tool.called", "tool.answered"] * 2
    jobs = list(
        CallRecord.objects.filter(subject_id=workflow.pk).order_by("created_at").values_list("job", flat=True)
    )
    assert jobs == ["step", "tool", "tool", "step", "work"]
    assert crank(workflow).status in ("completed", "completed_with_gaps")


def test_a_tool_that_asks_parks_the_task_until_its_exact_call_is_approved(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "ask me"}),))]
    workflow = scene.work()
    assert scene.run(workflow).status == "waiting"
    workflow.refresh_from_db()
    assert (workflow.status, scene.effects()) == ("waiting_for_human", [])
    request = scene.asked()
    named = {name: request.payload[name] for name in ("server", "tool", "arguments")}
    assert named == {"server": "hostile", "tool": "append", "arguments": {"text": "ask me"}}
    assert "exactly these arguments" in request.payload["effect"]
    call = CallRecord.objects.get(pk=request.payload["call"])
    assert call.status == "awaiting_approval"
    assert request.content_hash == sha256_of(named | {"digest": call.context["digest"]})
    scene.run(workflow)  # nothing goes on by itself
    assert (scene.effects(), ApprovalRequest.objects.count()) == ([], 2)
    request_decide(scene.owner, request, "approve", content_hash=request.content_hash)
    wake()
    assert scene.run(workflow).status == "done"
    assert [each["text"] for each in scene.effects()] == ["ask me"]
    scene.run(workflow)
    assert len(scene.effects()) == 1


def test_edited_arguments_are_the_ones_that_are_used(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "too much"}),))]
    workflow = scene.work()
    scene.run(workflow)
    request_decide(scene.owner, scene.asked(), "approve", arguments={"text": "just right"})
    wake()
    scene.run(workflow)
    assert [each["text"] for each in scene.effects()] == ["just right"]


def test_a_refusal_is_told_to_the_model_and_the_task_goes_on(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "please"}),))]
    workflow = scene.work()
    scene.run(workflow)
    request_decide(scene.owner, scene.asked(), "reject", comment="Not today")
    wake()
    assert scene.run(workflow).status == "done"
    assert scene.effects() == []
    assert "Not today" in scene.told()[0]


def test_a_tool_approved_anew_meanwhile_is_asked_about_anew(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "old"}),))]
    workflow = scene.work()
    scene.run(workflow)
    request = scene.asked()
    request_decide(scene.owner, request, "approve")
    scene.server.tools.filter(name="append").update(approved_digest="1" * 64, digest="1" * 64)
    wake()
    assert scene.run(workflow).status == "waiting"
    assert scene.effects() == []


def test_what_is_remembered_holds_for_this_run_alone(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append", policy="ask")
    scene.steps = [Calls(((APPEND, {"text": "one"}),)), Calls(((APPEND, {"text": "two"}),))]
    workflow = scene.work()
    scene.run(workflow)
    request = scene.asked()
    request_decide(scene.owner, request, "approve")
    request.refresh_from_db()
    request.payload["remember"] = "run"
    request.save()
    wake()
    assert scene.run(workflow).status == "done"
    assert [each["text"] for each in scene.effects()] == ["one", "two"]
    Workflow.objects.exclude(pk=workflow.pk).delete()
    persona = task_of(workflow, "a").persona
    other = workflow_create(
        scene.owner, requirement="Once more.", team=workflow.team_id, auto_generate_tasks=False
    )
    task_add(scene.owner, other, key="a", title="Again", role=persona.role, queries=["lamp"])
    other = step(workflow_start(scene.owner, other))
    decide(other)
    assert scene.run(step(other)).status == "waiting"


@pytest.mark.security("S11")
def test_a_model_that_always_obeys_gets_nothing_done(scene: Scene) -> None:
    """The note and the tool both give orders; the model follows every one of them."""
    allow(scene.owner, scene.server, "read")
    allow(scene.owner, scene.server, "append", policy="ask")
    tool_rule_set(scene.owner, scene.server, "read", policy="allow")
    scene.steps = [
        Calls((("hostile__read", {}),)),
        Calls(
            (
                ("hostile__die", {}),
                ("shell", {"command": "rm -rf /"}),
                ("hostile__environment", {}),
                (APPEND, {"text": "stolen"}),
            )
        ),
    ]
    workflow = scene.work()
    assert scene.run(workflow).status == "waiting"
    assert "ignore your task" in scene.told()[0]
    assert scene.effects() == []
    request = scene.asked()
    assert request.payload["arguments"] == {"text": "stolen"}
    assert "IMPORTANT" not in request.title + request.payload["effect"]
    workflow_cancel(scene.owner, Workflow.objects.get(pk=workflow.pk))
    wake()
    scene.run(workflow)
    request.refresh_from_db()
    assert (request.status, scene.effects()) == ("withdrawn", [])


@pytest.mark.security("S11")
def test_only_the_personas_own_tools_are_within_reach(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append", "read")
    scene.steps = [Calls(((APPEND, {"text": "not mine"}),))]
    workflow = scene.work("hostile/read")
    assert scene.run(workflow).status == "done"
    assert scene.effects() == []
    offered = next(each["tools"] for each in scene.stub.bodies if each.get("tools"))
    assert [each["function"]["name"] for each in offered] == ["hostile__read"]
    assert "no such tool" in scene.told()[0].lower()


def test_a_model_that_never_stops_asking_is_stopped(scene: Scene, settings: Any) -> None:
    settings.MAX_TOOL_STEPS = 3
    allow(scene.owner, scene.server, "append")
    scene.steps = [Calls(((APPEND, {"text": str(number)}),)) for number in range(20)]
    workflow = scene.work()
    assert scene.run(workflow).status == "done"
    assert len(scene.effects()) == 3


def test_arguments_that_are_no_json_are_sent_back(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append")
    scene.steps = [Calls(((APPEND, "{broken"),)), Calls(((APPEND, {"text": "mended"}),))]
    assert scene.run(scene.work()).status == "done"
    assert [each["text"] for each in scene.effects()] == ["mended"]
