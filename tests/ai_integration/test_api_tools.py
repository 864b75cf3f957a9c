"""`mcp-servers/` and 設定 › ツール: who may define servers, what is approved, what is off again, and calls by hand."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from ai_integration.models import CallRecord, McpServer
from foundation.activity.models import AuditEntry, Notification
from foundation.core.crypto import stored_tokens
from tests import factories
from tests.pages import HOSTILE, assert_inert, html, signed_in
from tests.tool_servers import close_all, hostile_command

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SERVERS = "/api/v1/mcp-servers/"


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def effects(tmp_path: Path) -> Path:
    return tmp_path / "effects"


def defined(client: APIClient, effects: Path, **given: Any) -> dict[str, Any]:
    body = {
        "name": "hostile",
        "command": hostile_command(),
        "environment": {"EFFECT_LOG": str(effects), "TOKEN": "canary-token"},
    } | given
    answer = client.post(SERVERS, body, format="json")
    assert answer.status_code == 201, answer.json()
    return answer.json()


def test_a_server_is_defined_connected_read_approved_and_called(
    api: Callable[..., APIClient], owner: Any, effects: Path
) -> None:
    client = api(owner)
    made = defined(client, effects)
    at = f"{SERVERS}{made['id']}/"
    assert made["check"] == ""
    assert "canary-token" not in json.dumps(made)
    connected = client.post(f"{at}connect/").json()
    assert (connected["check_code"], connected["tool_count"], connected["approved_count"]) == ("ok", 9, 0)
    tools = {each["name"]: each for each in client.get(f"{at}tools/").json()["results"]}
    assert tools["append"]["standing"] == "new"
    call = {"tool": "append", "arguments": {"text": "hello"}}
    refused = client.post(f"{at}call/", call, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "tool_unavailable")
    stale = client.post(f"{at}tools/append/approve/", {"digest": "0" * 64}, format="json")
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "tool_changed")
    digest = {"digest": tools["append"]["digest"], "policy": "ask"}
    assert client.post(f"{at}tools/append/approve/", digest, format="json").json()["standing"] == "approved"
    answer = client.post(f"{at}call/", call, format="json").json()
    assert (answer["text"], answer["is_error"]) == ("appended", False)
    assert effects.read_text() == '{"text": "hello"}\n'
    record = CallRecord.objects.get(pk=answer["call"])
    assert (record.job, record.status, record.context["arguments"]) == ("tool", "finished", {"text": "hello"})
    for action in ("mcp_server.created", "mcp_server.checked", "tool.approved", "tool.tried"):
        assert AuditEntry.objects.filter(action=action).exists(), action
    assert "canary-token" not in json.dumps(list(AuditEntry.objects.values_list("data", flat=True)))
    stored = dict(stored_tokens(McpServer, "environment"))
    assert "canary" not in str(stored)
    assert client.delete(at).status_code == 204
    assert client.get(at).status_code == 404


@pytest.mark.security("S12")
def test_a_tool_that_changes_is_off_until_it_is_approved_again(
    api: Callable[..., APIClient], owner: Any, effects: Path
) -> None:
    client = api(owner)
    at = f"{SERVERS}{defined(client, effects)['id']}/"
    client.post(f"{at}connect/")
    for name in ("append", "turn"):
        digest = next(
            each["digest"] for each in client.get(f"{at}tools/").json()["results"] if each["name"] == name
        )
        client.post(f"{at}tools/{name}/approve/", {"digest": digest, "policy": "allow"}, format="json")
    client.post(f"{at}call/", {"tool": "turn"}, format="json")
    poisoned = client.post(f"{at}call/", {"tool": "append", "arguments": {"text": "stolen"}}, format="json")
    assert (poisoned.status_code, poisoned.json()["error"]["code"]) == (409, "tool_unavailable")
    assert not effects.exists()
    tools = {each["name"]: each for each in client.get(f"{at}tools/").json()["results"]}
    assert tools["append"]["standing"] == "changed"
    assert "ignore your task" in tools["append"]["description"]
    assert Notification.objects.filter(user=owner, type="mcp_server.tools_changed").count() == 1
    client.post(f"{at}tools/append/approve/", {"digest": tools["append"]["digest"]}, format="json")
    again = client.post(f"{at}call/", {"tool": "append", "arguments": {"text": "now"}}, format="json")
    assert again.status_code == 200


@pytest.mark.security("S13")
def test_only_administrators_define_servers(
    api: Callable[..., APIClient], owner: Any, teammate: Any, stranger: Any, effects: Path, settings: Any
) -> None:
    settings.SIGN_IN = "password"
    made = defined(api(owner), effects, shared=True)
    body = {"name": "mine", "command": ["/bin/sh", "-c", "id"]}
    for user in (teammate, stranger):
        assert api(user).post(SERVERS, body, format="json").status_code == 403
        assert api(user).get(f"{SERVERS}{made['id']}/").status_code == 404
        assert (
            api(user).patch(f"{SERVERS}{made['id']}/", {"command": ["id"]}, format="json").status_code == 404
        )
        assert api(user).post(f"{SERVERS}{made['id']}/connect/").status_code == 404
    assert api(None).get(SERVERS).status_code == 401
    assert McpServer.objects.get().command == hostile_command()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "UPPER"}, "name"),
        ({"name": ""}, "name"),
        ({"command": []}, "command"),
        ({"command": "rm -rf /"}, "command"),
        ({"command": ["a\nb"]}, "command"),
        ({"command": ["x"] * 101}, "command"),
        ({"command": ["  "]}, "command"),
        ({"environment": {"A B": "c"}}, "environment"),
        ({"environment": {"A": "x" * 9000}}, "environment"),
        ({"folder": "relative"}, "folder"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"transport": "smoke"}, "transport"),
        ({"transport": "http", "url": ""}, "url"),
        ({"transport": "http", "url": "file:///etc/passwd"}, "url"),
        ({"transport": "http", "url": "http://169.254.169.254/mcp"}, "url"),
        ({"transport": "http", "url": "http://u:p@h/mcp"}, "url"),
        ({"transport": "http", "url": "http://127.0.0.1:9/mcp", "headers": {"A": "x\r\nB: y"}}, "headers"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    api: Callable[..., APIClient], owner: Any, given: Any, field: str
) -> None:
    answer = api(owner).post(SERVERS, {"name": "tools", "command": ["/bin/cat"]} | given, format="json")
    assert answer.status_code == 422
    assert field in answer.json()["error"]["details"]
    assert not McpServer.objects.exists()


def test_headers_do_not_follow_to_another_server(api: Callable[..., APIClient], owner: Any) -> None:
    body = {
        "name": "web",
        "transport": "http",
        "url": "http://127.0.0.1:9/mcp",
        "headers": {"Authorization": "Bearer canary"},
    }
    made = api(owner).post(SERVERS, body, format="json").json()
    away = api(owner).patch(f"{SERVERS}{made['id']}/", {"url": "http://127.0.0.1:10/mcp"}, format="json")
    assert "headers" in away.json()["error"]["details"]
    taken = api(owner).post(SERVERS, body, format="json")
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "name_taken")


def test_policies_hold_for_all_and_for_one(api: Callable[..., APIClient], owner: Any, effects: Path) -> None:
    from ai_integration.selectors import tools_for

    client = api(owner)
    at = f"{SERVERS}{defined(client, effects)['id']}/"
    client.post(f"{at}connect/")
    tools = {each["name"]: each["digest"] for each in client.get(f"{at}tools/").json()["results"]}
    for name in ("append", "read"):
        client.post(f"{at}tools/{name}/approve/", {"digest": tools[name]}, format="json")
    ann, ben = factories.persona(owner, "Ann"), factories.persona(owner, "Ben")
    rule = {"policy": "allow", "persona": str(ann.pk)}
    shown = client.post(f"{at}tools/append/policy/", rule, format="json").json()
    assert shown["rules"] == [{"persona": str(ann.pk), "policy": "allow"}]

    def offered(persona: Any, *names: str) -> dict[str, str]:
        return {each.tool.name: each.policy for each in tools_for(owner.pk, persona.pk, names)}

    assert offered(ann, "hostile/*") == {"append": "allow", "read": "ask"}
    assert offered(ben, "hostile/append", "hostile/hang", "nowhere/x", "word") == {"append": "ask"}
    client.post(f"{at}tools/append/policy/", {"policy": "deny"}, format="json")
    assert offered(ann, "hostile/*") == {"read": "ask"}
    wrong = client.post(f"{at}tools/append/policy/", {"policy": "maybe"}, format="json")
    assert wrong.status_code == 422


def by_page(client: Any, effects: Path) -> tuple[dict[str, str], str, McpServer]:
    """A server defined on the page: what was entered, where its page is, and its row."""
    command = "\n".join(hostile_command())
    given = {
        "name": "hostile",
        "transport": "stdio",
        "command": command,
        "timeout_seconds": "30",
        "enabled": "on",
    }
    wrong = client.post(reverse("tool-servers"), given | {"environment": "novalue"})
    assert wrong.status_code == 422
    variables = {"environment": f"EFFECT_LOG={effects}\nTOKEN=canary-token"}
    answer = client.post(reverse("tool-servers"), given | variables)
    server = McpServer.objects.get()
    address = reverse("tool-server", args=[server.pk])
    assert (answer.status_code, answer.url) == (303, address)
    page = html(client, address)
    assert "canary-token" not in page
    for argument in hostile_command():
        assert argument in page
    return given, address, server


def test_the_page_shows_a_tool_in_full_and_approves_it(owner: Any, effects: Path) -> None:
    client = signed_in(owner)
    _given, address, server = by_page(client, effects)
    tool = server.tools.get(name="append")
    tool.description = HOSTILE
    tool.save()
    page = html(client, address)
    assert_inert(page)
    assert tool.digest in page
    approve = {"tool": "append", "digest": tool.digest, "policy": "allow"}
    client.post(reverse("tool-act", args=[server.pk, "approve"]), approve)
    tool.refresh_from_db()
    assert (tool.approved, tool.policy) == (True, "allow")
    ann = factories.persona(owner, "Ann")
    client.post(
        reverse("tool-act", args=[server.pk, "rule"]),
        {"tool": "append", "persona": str(ann.pk), "policy": "deny"},
    )
    assert tool.rules.get().policy == "deny"
    client.post(reverse("tool-act", args=[server.pk, "withdraw"]), {"tool": "append"})
    tool.refresh_from_db()
    assert not tool.approved


def test_the_page_changes_and_removes_a_server(owner: Any, effects: Path) -> None:
    client = signed_in(owner)
    given, address, server = by_page(client, effects)
    assert "hostile" in html(client, reverse("tool-servers"))
    changed = client.post(address, given | {"name": "renamed", "environment": ""})
    assert changed.status_code == 303
    server.refresh_from_db()
    assert (server.name, "canary-token" in server.environment) == ("renamed", True)
    client.post(reverse("tool-server-delete", args=[server.pk]))
    assert not McpServer.objects.exists()


def test_pages_of_tools_are_closed_to_others(owner: Any, stranger: Any, effects: Path, api: Any) -> None:
    made = defined(api(owner), effects)
    other = signed_in(stranger)
    assert other.get(reverse("tool-server", args=[made["id"]])).status_code == 404
    for name in ("tool-server-connect", "tool-server-delete"):
        assert other.post(reverse(name, args=[made["id"]])).status_code == 404
    page = html(other, reverse("tool-servers"))
    assert 'name="command"' not in page
    body = {"name": "x", "transport": "stdio", "command": "/bin/sh", "timeout_seconds": "5"}
    assert other.post(reverse("tool-servers"), body).status_code == 403
