"""What the real PAL asks of models is asked at the platform's door: on record, in budgets, and with no key in its hands."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psutil
import pytest

from ai_integration import gateway
from ai_integration.mcp import pal
from ai_integration.models import Budget, CallRecord, McpServer
from ai_integration.services import (
    Purpose,
    budget_set,
    credential_create,
    credential_delete,
    default_model_reset,
    default_model_set,
)
from tests.ai_integration.conftest import PAL_KEY
from tests.dialects import GeminiStub
from tests.stub import Calls, Raw, Stub
from tests.tool_servers import allow
from tests.workflows.driving import crank, fresh
from tests.workflows.tooling import Scene, limit_when_asked
from workflows.services import parking

pytestmark = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_environment", "servers_closed"),
]
GEMINI_KEY = "gm-canary-0123456789"


def call(owner: Any, tool: str, key: str, given: dict[str, Any], **more: Any) -> CallRecord:
    purpose = Purpose(key=key, job="tool", owner_id=owner.pk, persona_name="Ann", **more)
    asked = gateway.Asked("pal", tool, given, more.get("persona_id"), thread="task:1")
    return gateway.call_tool(purpose, asked)


def chat(owner: Any, key: str, model: str = "compatible/stub", **more: Any) -> CallRecord:
    given = {"prompt": f"ask {key}", "working_directory_absolute_path": str(pal.workspace()), "model": model}
    return call(owner, "chat", key, given, **more)


def consensus(owner: Any, number: int, subject: UUID) -> CallRecord:
    """One of two steps, in each of which one model is asked."""
    models = [
        {"model": "compatible/stub", "stance": "for"},
        {"model": "gemini/all/stub", "stance": "against"},
    ]
    given = {
        "step": "Is a lamp needed?",
        "total_steps": 2,
        "findings": "none yet",
        "model": "compatible/stub",
    }
    given |= {"step_number": number, "next_step_required": number == 1} | (
        {"models": models} if number == 1 else {}
    )
    return call(owner, "consensus", f"c{number}", given, subject_id=subject)


def asked_models(subject: UUID) -> list[CallRecord]:
    rows = CallRecord.objects.filter(job="tool_model", subject_id=subject)
    return list(rows.order_by("created_at"))


def test_a_talk_is_on_record_and_its_process_holds_no_key(
    pal_ready: McpServer, owner: Any, serving: Stub
) -> None:
    subject, persona = uuid4(), uuid4()
    made = chat(owner, "one", subject_id=subject, persona_id=persona)
    assert "answer 0" in json.loads(made.answer["text"])["content"]
    [record] = asked_models(subject)
    assert (record.owner, record.persona_id, record.persona_name) == (owner, persona, "Ann")
    assert (record.provider, record.model, record.status) == ("compatible", "stub", "finished")
    assert (record.tokens_in, record.tokens_out) == (11, 7)
    assert record.key.startswith("one:ask:")
    held = [each.environ() for each in psutil.Process().children(recursive=True)]
    theirs = [each for each in held if each.get("HISHO_MCP")]
    assert theirs
    assert not [each for each in theirs if PAL_KEY in json.dumps(each) or serving.url in json.dumps(each)]
    named = chat(owner, "two", "stub", subject_id=subject)  # the model's own name, which only one bears
    assert "answer 1" in json.loads(named.answer["text"])["content"]


def test_a_consensus_asks_models_of_several_providers(
    pal_ready: McpServer, owner: Any, serving: Stub
) -> None:
    subject = uuid4()
    with GeminiStub(lambda asked: f"gemini says {asked.number}") as other:
        listed = {"name": "models/stub", "supportedGenerationMethods": ["generateContent"]}
        other.listing = Raw(body=json.dumps({"models": [listed]}))
        given = {"base_url": other.url, "api_key": GEMINI_KEY, "label": "all", "shared": True}
        credential_create(owner, provider="gemini", **given)
        assert gateway.pal_refresh() is True
        allow(owner, pal_ready, "consensus", "listmodels")
        first = consensus(owner, 1, subject)
        assert "answer 0" in first.answer["text"], first.answer
        second = consensus(owner, 2, subject)
        assert "gemini says 0" in second.answer["text"], second.answer
        assert other.keys == [GEMINI_KEY]
        told = call(owner, "listmodels", "l", {}, subject_id=subject).answer["text"]
    records = asked_models(subject)
    assert [(each.provider, each.model) for each in records] == [("compatible", "stub"), ("gemini", "stub")]
    assert {each.context["tool"] for each in records} == {"pal/consensus"}
    everything = first.answer["text"] + second.answer["text"] + told
    assert PAL_KEY not in everything
    assert GEMINI_KEY not in everything


def test_a_servers_refusal_reaches_nobody_with_its_words(
    pal_ready: McpServer, owner: Any, serving: Stub
) -> None:
    serving.script = lambda _: Raw(401, json.dumps({"error": {"message": f"wrong key {PAL_KEY}"}}))
    made = chat(owner, "one", subject_id=(subject := uuid4()))
    assert made.answer["is_error"] is True
    assert PAL_KEY not in json.dumps(made.answer)
    assert len(serving.asked) == 1  # PAL does not ask all over again
    assert [each.status for each in asked_models(subject)] == ["failed"]


def test_without_any_connection_it_starts_and_says_so(
    pal_ready: McpServer, owner: Any, serving: Stub
) -> None:
    default_model_reset(owner)
    credential_delete(owner, owner.credentials.get())
    assert gateway.pal_refresh() is True
    row = McpServer.objects.get()
    assert (row.check_code, pal.references(pal.home())) == ("ok", {})
    allow(owner, row, "chat")
    made = chat(owner, "one")
    assert made.answer["is_error"] is True
    assert serving.asked == []


@pytest.fixture
def scene(
    pal_ready: McpServer,
    owner: Any,
    stub: Any,
    tmp_path: Path,
) -> Scene:
    """A persona that asks PAL for a talk, and works on another server than PAL."""
    default_model_set(owner, model="builtin")
    made = Scene(owner, pal_ready, tmp_path / "none", stub())
    given = {"prompt": "How many lamps?", "working_directory_absolute_path": "/", "model": "compatible/stub"}
    made.steps = [Calls((("pal__chat", given),))]
    return made


def test_a_budget_stops_it_before_the_provider_hears_of_it_and_raised_it_goes_on(
    scene: Scene, owner: Any, serving: Stub
) -> None:
    workflow = scene.work("pal/chat")
    limit_when_asked(scene, workflow, tokens=10)
    task = scene.run(workflow)
    workflow = fresh(workflow)
    assert (task.status, workflow.status) == ("pending", "waiting_for_human")
    assert serving.asked == []
    request = scene.asked("budget")
    assert request.payload["tokens_limit"] == 10
    tool = CallRecord.objects.get(subject_id=workflow.pk, job="tool")
    assert (tool.status, tool.ending) == ("awaiting_approval", "budget")
    crank(workflow)
    assert serving.asked == []
    budget_set(owner, scope="run", target=str(workflow.pk), period="total", tokens=10**7)
    parking.parked_sweep()
    workflow = crank(fresh(workflow))
    assert workflow.status in ("completed", "completed_with_gaps"), workflow.reason
    assert len(serving.asked) == 1
    rows = CallRecord.objects.filter(subject_id=workflow.pk).order_by("created_at")
    assert list(rows.values_list("job", flat=True))[:5] == ["step", "tool", "tool_model", "step", "work"]
    assert set(rows.values_list("status", flat=True)) == {"finished"}
    tool.refresh_from_db()
    assert "answer 0" in tool.answer["text"]
    assert Budget.objects.count() == 1
