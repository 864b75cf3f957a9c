"""A conversation that PAL holds goes on from call to call, for each secretary and each task or discussion by itself."""

import json
from typing import Any

import pytest

from ai_integration import gateway
from ai_integration.mcp import pal
from ai_integration.models import CallRecord, McpServer
from ai_integration.selectors import last_tool_call
from ai_integration.services import Purpose
from tests.stub import Asked, Stub
from tests.tool_servers import allow, close_all

pytestmark = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_environment", "servers_closed"),
]


def chat(owner: Any, key: str, thread: str, *, persona: Any = None, subject: Any = None) -> CallRecord:
    purpose = Purpose(
        key=key, job="tool", owner_id=owner.pk, subject_id=subject, persona_id=persona, persona_name="Ann"
    )
    given = {"prompt": f"ask {key}", "working_directory_absolute_path": "/nowhere/at/all", "model": "stub"}
    return gateway.call_tool(purpose, gateway.Asked("pal", "chat", given, persona, thread=thread))


def test_a_second_call_goes_on_where_the_first_ended(pal_ready: McpServer, owner: Any, serving: Stub) -> None:
    one, other = owner.pk, pal_ready.pk  # any two ids stand for two secretaries
    heard: list[str] = []

    def listen(asked: Asked) -> str:
        heard.append(json.dumps(asked.messages))
        return f"answer {len(heard)}"

    serving.script = listen
    first = chat(owner, "first", "task:1", persona=one)
    assert first.answer["is_error"] is False
    assert first.context["arguments"]["working_directory_absolute_path"] == str(pal.workspace())
    assert "continuation_id" not in first.context["arguments"]
    second = chat(owner, "second", "task:1", persona=one)
    assert second.context["arguments"]["continuation_id"] == first.context["continuation"]
    assert "ask first" in heard[1]
    assert "answer 1" in heard[1]
    assert chat(owner, "second", "task:1", persona=one).pk == second.pk  # a replay repeats nothing
    assert len(heard) == 2
    for persona, thread in ((other, "task:1"), (one, "discussion:1")):
        apart = chat(owner, f"apart {thread} {persona}", thread, persona=persona)
        assert "continuation_id" not in apart.context["arguments"]
        assert "ask first" not in heard[-1]
    on = chat(owner, "third", "discussion:1", persona=one)
    assert on.context["arguments"]["continuation_id"] == _last("discussion:1", one, before=on)
    close_all()  # with its session, PAL forgets what was said
    gone = chat(owner, "fourth", "task:1", persona=one)
    assert gone.answer["is_error"] is True
    assert "continuation" not in gone.context
    anew = chat(owner, "fifth", "task:1", persona=one)
    assert (anew.answer["is_error"], "continuation_id" in anew.context["arguments"]) == (False, False)


def test_a_plan_goes_on_in_its_own_thread_and_what_is_asked_shows_it(
    pal_ready: McpServer, owner: Any
) -> None:
    given = {"step": "Begin", "step_number": 1, "total_steps": 2, "next_step_required": True, "model": "stub"}
    asked = gateway.Asked("pal", "planner", given, thread="task:7")
    first = gateway.call_tool(Purpose(key="p1", job="tool", owner_id=owner.pk), asked)
    allow(owner, pal_ready, "planner", policy="ask")
    later = gateway.Asked("pal", "planner", given | {"step_number": 2}, thread="task:7")
    purpose = Purpose(key="p2", job="tool", owner_id=owner.pk)
    with pytest.raises(gateway.ToolApprovalRequired) as need:
        gateway.call_tool(purpose, later)
    shown = need.value.details["arguments"]
    assert shown["continuation_id"] == first.context["continuation"]
    permitted = gateway.Asked(
        "pal", "planner", later.arguments, permit=gateway.Permit(shown), thread="task:7"
    )
    assert gateway.call_tool(purpose, permitted).context["arguments"] == shown


def _last(thread: str, persona: Any, *, before: CallRecord) -> str:
    rows = CallRecord.objects.filter(context__thread=thread, persona_id=persona).exclude(pk=before.pk)
    found = rows.order_by("-finished_at").first()
    assert last_tool_call(None, persona, thread, model="pal/chat") == before
    return found.context["continuation"]
