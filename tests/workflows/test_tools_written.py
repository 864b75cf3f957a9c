"""A model whose server knows no tools is asked for its calls in writing: same pins, same policy, same record."""

import json
from typing import Any

import pytest

from ai_integration.services import profile_set
from tests.stub import Asked, secretary
from tests.tool_servers import allow
from tests.workflows.tooling import APPEND, Scene

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def in_writing(scene: Scene, *calls: dict[str, Any]) -> None:
    """Let the model write these calls, one a step."""
    profile_set(scene.owner, reference="openai:stub", can=["streaming", "structured"])

    def answer(asked: Asked) -> str:
        if not _steps(scene.stub.bodies[-1]):
            return secretary(asked)
        number = sum(1 for each in asked.messages if each["role"] == "assistant")
        told = {"calls": [calls[number]] if number < len(calls) else [], "text": "Next."}
        return json.dumps(told)

    scene.stub.script = answer


def _steps(body: dict[str, Any]) -> bool:
    return body.get("response_format", {}).get("json_schema", {}).get("name") == "Step"


def test_its_calls_are_made_and_what_they_brought_is_told_in_words(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append")
    in_writing(
        scene, {"name": APPEND, "arguments": {"text": "one"}}, {"name": APPEND, "arguments": {"text": "two"}}
    )
    assert scene.run(scene.work()).status == "done"
    assert [each["text"] for each in scene.effects()] == ["one", "two"]
    bodies = [each for each in scene.stub.bodies if _steps(each)]
    assert not [each for each in scene.stub.bodies if each.get("tools")]
    assert {each["role"] for each in bodies[-1]["messages"]} == {"system", "user", "assistant"}
    assert "appended" in bodies[-1]["messages"][-1]["content"]
    offered = bodies[0]["response_format"]["json_schema"]["schema"]["properties"]["calls"]["items"]["anyOf"]
    assert APPEND in [each["properties"]["name"]["const"] for each in offered]


def test_what_asks_for_a_word_still_asks_and_what_it_has_not_is_not_there(scene: Scene) -> None:
    allow(scene.owner, scene.server, "append", policy="ask")
    shell = {"name": "shell", "arguments": {"command": "rm -rf /"}}
    in_writing(scene, shell, {"name": APPEND, "arguments": {"text": "ask me"}})
    assert scene.run(scene.work()).status == "waiting"
    assert scene.effects() == []
    assert scene.asked().payload["arguments"] == {"text": "ask me"}
