"""The platform as a server of tools: the official client against the real `manage.py up`."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

from tests.platform import Platform

pytestmark = pytest.mark.slow
PATIENCE = 60
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def speak[T](
    server: Platform, work: Callable[[Client], Awaitable[T]], *, token: str = "", mode: str = "auto"
) -> T:
    """What `work(client)` comes to, said by the official client."""

    async def run() -> T:
        headers = {"Authorization": f"Bearer {token or server.token()}"}
        async with httpx2.AsyncClient(headers=headers, timeout=120) as http:
            line = streamable_http_client(f"{server.base}/mcp", http_client=http)
            async with Client(line, mode=mode) as client:
                return await work(client)

    return asyncio.run(run())


async def told(client: Client, name: str, **arguments: Any) -> Any:
    answer = await client.call_tool(name, arguments)
    assert not answer.is_error, answer.content[0].text
    return answer.structured_content


async def refused(client: Client, name: str, **arguments: Any) -> str:
    """The code of the error."""
    answer = await client.call_tool(name, arguments)
    assert answer.is_error
    return json.loads(answer.content[0].text)["error"]["code"]


async def until(client: Client, pk: str, *wanted: str) -> Any:
    for _time in range(PATIENCE * 5):
        found = await told(client, "read_workflow", id=pk)
        if found["status"] in wanted:
            return found
        await asyncio.sleep(0.2)
    raise AssertionError(f"{found['status']}, not {wanted}")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_both_ages_of_the_protocol_list_the_tools(server: Platform, mode: str) -> None:
    async def look(client: Client) -> set[str]:
        return {tool.name for tool in (await client.list_tools()).tools}

    names = speak(server, look, mode=mode)
    assert names == {
        "delegate",
        "list_workflows",
        "read_workflow",
        "read_plan",
        "decide_plan",
        "search_notes",
        "list_personas",
        "ask_persona",
    }


def test_a_requirement_is_delegated_decided_and_its_report_read(server: Platform) -> None:
    async def work(client: Client) -> None:
        made = await told(
            client, "delegate", requirement="オリノの価格と納期を調べて報告書にまとめてください。"
        )
        waiting = await until(client, made["id"], "awaiting_approval")
        plan = await told(client, "read_plan", id=waiting["plan"])
        assert plan["content"]["items"]
        stale = {"id": plan["id"], "decision": "approve", "content_hash": "0" * 64}
        assert await refused(client, "decide_plan", **stale) == "plan_changed"
        sure = stale | {"content_hash": plan["content_hash"]}
        assert (await told(client, "decide_plan", **sure))["status"] == "approved"
        assert await refused(client, "decide_plan", **sure) == "already_decided"
        done = await until(client, made["id"], "completed", "completed_with_gaps")
        assert done["report"]["markdown"]
        listed = await told(client, "list_workflows", status=done["status"])
        assert made["id"] in {each["id"] for each in listed["results"]}
        names = {str(each.uri) for each in (await client.list_resources()).resources}
        assert f"hisho://report/{made['id']}" in names
        text = (await client.read_resource(f"hisho://report/{made['id']}")).contents[0].text
        assert text == done["report"]["markdown"]

    speak(server, work)
    actors = server.python(
        "from foundation.activity.models import AuditEntry as A;"
        "print(sorted(set(A.objects.filter(action__in=['workflow.created','plan.decided']).values_list('actor_name', flat=True))))"
    )
    assert "engine" not in actors


def test_notes_are_found_with_their_place_and_personas_answer(server: Platform) -> None:
    async def work(client: Client) -> None:
        found = (await told(client, "search_notes", query="オリノ 価格"))["results"]
        assert found[0]["line"] >= 1
        text = (await client.read_resource(found[0]["uri"])).contents[0].text
        assert "オリノ" in text
        people = (await told(client, "list_personas"))["results"]
        said = await told(client, "ask_persona", persona=people[0]["id"], question="オリノの価格は？")
        assert said["text"]

    speak(server, work)


def test_bad_input_is_refused_in_words(server: Platform) -> None:
    async def work(client: Client) -> None:
        assert await refused(client, "delegate", requirement="") == "invalid"
        assert await refused(client, "delegate", requirement="x", auto_approve=True) == "invalid"
        assert await refused(client, "delegate", requirement="x", vault=str(uuid4())) == "invalid"
        assert await refused(client, "read_workflow", id="nonsense") == "invalid"
        assert await refused(client, "read_workflow", id=str(uuid4())) == "not_found"
        assert await refused(client, "list_workflows", limit=10_000) == "invalid"
        assert await refused(client, "no_such_tool") == "invalid"
        for uri in ("hisho://note/../etc", f"hisho://note/{uuid4()}", "file:///etc/passwd", "hisho://x"):
            with pytest.raises(MCPError):
                await client.read_resource(uri)

    speak(server, work)


def test_the_door_is_closed_to_whoever_has_no_token_or_comes_from_elsewhere(server: Platform) -> None:
    def knock(**headers: str) -> httpx.Response:
        return httpx.post(f"{server.base}/mcp", json=HELLO, headers=ACCEPT | headers, timeout=30)

    key = {"Authorization": f"Bearer {server.token()}"}
    assert knock(**key).status_code == 200
    nobody = knock()
    assert (nobody.status_code, nobody.headers["www-authenticate"][:6]) == (401, "Bearer")
    assert knock(Authorization="Bearer nonsense").status_code == 401
    assert knock(Authorization="Basic eDp5").status_code == 401
    assert knock(**key, Origin="http://evil.example").status_code == 403
    assert knock(**key, Origin="null").status_code == 403
    assert knock(**key, Origin="http://localhost:3000").status_code == 403
    assert knock(**key, Origin=server.base).status_code == 200
    assert knock(**key, Host="evil.example").status_code == 400
    with server.browser() as client:  # a cookie opens nothing here
        assert client.post("/mcp", json=HELLO, headers=ACCEPT).status_code == 401
    for body in (b"{", b"[]", b'{"jsonrpc": "2.0"}', b"\xff"):
        answer = httpx.post(f"{server.base}/mcp", content=body, headers=ACCEPT | key, timeout=30)
        assert answer.status_code == 400, body


def test_strangers_see_nothing_of_it(server: Platform) -> None:
    """Same rights as everywhere. The last of these tests: with two people there is no local user any more."""
    token = server.python(
        "from foundation.accounts import services as s; from foundation.accounts.models import User, Role; s.roles_seed();"
        "u, new = User.objects.get_or_create(username='stranger'); u.groups.add(Role.objects.get(name='member').group);"
        "print(s.token_pair_create(u).access)"
    ).strip()

    async def work(client: Client) -> None:
        assert (await told(client, "list_workflows"))["results"] == []
        assert (await told(client, "search_notes", query="オリノ"))["results"] == []
        assert (await client.list_resources()).resources == []

    speak(server, work, token=token)
