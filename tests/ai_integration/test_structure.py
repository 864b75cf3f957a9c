"""How the shape of an answer is asked for: as a schema where the server can, in words where it cannot."""

import json

import pytest

from ai_integration.gateway import ProviderFailed
from tests.ai_integration.test_gateway import Stubbed, ask, record
from tests.stub import Raw

pytestmark = pytest.mark.django_db(transaction=True)


def body(message: str, code: str = "") -> str:
    return json.dumps({"error": {"message": message, "code": code, "type": code}})


def test_the_shape_is_asked_for_as_a_schema(stub: Stubbed) -> None:
    server = stub()
    ask()
    asked = server.bodies[0]["response_format"]["json_schema"]
    assert asked["name"] == "PlanDraft"
    assert "items" in asked["schema"]["properties"]
    assert "20000" not in json.dumps(asked)


def test_a_server_without_schemas_is_asked_in_words_and_remembered(stub: Stubbed) -> None:
    server = stub()
    server.refuses = lambda asked: (
        Raw(400, body("'response_format' is not supported")) if "response_format" in asked else None
    )
    assert ask("a").answer.items
    assert ["response_format" in each for each in server.bodies] == [True, False]
    assert ask("b").answer.items
    assert ["response_format" in each for each in server.bodies] == [True, False, False]
    assert record("b").attempts == 1


def test_another_refusal_is_not_taken_for_one_of_the_schema(stub: Stubbed) -> None:
    server = stub()
    server.refuses = lambda _: Raw(400, body("prompt is too long", "context_length_exceeded"))
    with pytest.raises(ProviderFailed) as caught:
        ask()
    assert len(server.bodies) == 1
    assert caught.value.details["reason"] == "the request is longer than the model's context (HTTP 400)"
