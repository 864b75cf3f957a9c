"""The door at which a server of tools asks models: who is let in, what is taken, and that nobody gets a key of ours."""

import json
import os
from typing import Any
from urllib.parse import urlsplit

import pytest

from ai_integration import gateway
from ai_integration.mcp import door
from ai_integration.models import McpServer
from ai_integration.services import Purpose
from tests.ai_integration.asking import MODEL, asked_models, call, heard, knock, one
from tests.ai_integration.conftest import PAL_KEY
from tests.stub import Raw, Stub
from tests.tool_servers import close_all

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="its program is a script with a first line of its own"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_environment", "servers_closed"),
]
PICTURE = {"type": "image_url", "image_url": {"url": "data:"}}


@pytest.mark.security("S15")
def test_its_program_holds_no_key_and_no_address_of_a_provider(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    made = gateway.call_tool(
        Purpose(key="e", job="tool", owner_id=owner.pk), gateway.Asked("pal", "environment")
    )
    held = json.loads(made.answer["text"])
    assert PAL_KEY not in made.answer["text"]
    assert serving.url not in made.answer["text"]
    place = urlsplit(held["CUSTOM_API_URL"])
    assert (place.hostname, place.path) == ("127.0.0.1", "/v1")
    server.refresh_from_db()
    assert held["CUSTOM_API_KEY"] not in server.environment


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (one("x", stream=True), 400, "stream_not_supported"),
        (one("x", tools=[{"type": "function"}]), 400, "not_supported"),
        (one("x", model="nobody"), 404, "model_not_found"),
        (one("x", model="builtin"), 404, "model_not_found"),
        ({"model": MODEL}, 400, "invalid_request"),
        ({"model": MODEL, "messages": [{"role": "tool", "content": "x"}]}, 400, "invalid_request"),
        (one("x", messages=[{"role": "user", "content": [PICTURE]}]), 400, "only_text"),
    ],
)  # fmt: skip
def test_what_is_not_asked_here_is_refused_in_the_protocols_own_form(
    server: McpServer, owner: Any, serving: Stub, request_: dict[str, Any], status: int, code: str
) -> None:
    [(got, body)] = heard(call(owner, "k", request_))
    assert (got, body["error"]["code"]) == (status, code)
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert (serving.asked, asked_models()) == ([], [])


def test_text_in_parts_is_text(server: McpServer, owner: Any, serving: Stub) -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    said = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}]
    call(owner, "k", one("", messages=said))
    [asked] = serving.asked
    assert [(each["role"], each["content"]) for each in asked.messages] == [
        ("system", "Be brief."), ("user", "one\ntwo"),
    ]  # fmt: skip


@pytest.mark.security("S15")
def test_a_failure_is_told_without_the_servers_words_and_not_tried_over_again(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    serving.script = lambda _: Raw(401, json.dumps({"error": {"message": f"bad key {PAL_KEY}"}}))
    first, second = heard(call(owner, "k", one("hello"), one("hello")))
    assert first == second
    assert (first[0], first[1]["error"]["code"]) == (424, "provider_failed")
    assert PAL_KEY not in json.dumps(first)
    assert len(serving.asked) == 1
    assert [each.status for each in asked_models()] == ["failed"]


@pytest.mark.security("S1")
def test_without_a_call_in_progress_or_with_another_key_nothing_is_spent(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    made = gateway.call_tool(
        Purpose(key="e", job="tool", owner_id=owner.pk), gateway.Asked("pal", "environment")
    )
    held = json.loads(made.answer["text"])
    place, key = urlsplit(held["CUSTOM_API_URL"]).netloc, f"Bearer {held['CUSTOM_API_KEY']}"
    known = {"Host": place, "Authorization": key}
    assert knock(place, known) == (403, "no_call")
    assert knock(place, known, path="/v1/models", method="GET")[0] == 200
    assert knock(place, known, path="/v1/files") == (404, "not_found")
    assert knock(place, known, body=b"x" * (door.LARGEST + 1)) == (413, "too_large")
    for wrong in ({"Authorization": "Bearer wrong"}, {"Authorization": key + "x"}, {"Authorization": ""}):
        assert knock(place, known | wrong) == (401, "invalid_api_key")
    elsewhere = ["localhost:" + place.partition(":")[2], "evil.example"]
    for wrong in (*({"Host": each} for each in elsewhere), {"Origin": f"http://{place}"}):
        assert knock(place, known | wrong) == (403, "forbidden")
        assert knock(place, known | wrong, path="/v1/models", method="GET") == (403, "forbidden")
    close_all()
    with pytest.raises(ConnectionRefusedError):
        knock(place, known)
    assert (serving.asked, asked_models()) == ([], [])


def test_a_model_that_serves_one_person_alone_cannot_be_asked(
    server: McpServer, owner: Any, serving: Stub
) -> None:
    row = owner.credentials.get()
    row.shared = False
    row.save()
    [(status, _body)] = heard(call(owner, "k", one("hello")))
    assert (status, serving.asked) == (404, [])
