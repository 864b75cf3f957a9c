"""Signing in at a tool server that asks for it: the whole way, who may come back, and what is forgotten."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from ai_integration.models import McpServer, McpSignIn, McpSignInAttempt
from foundation.activity.models import AuditEntry
from foundation.core.crypto import stored_tokens
from tests.ai_integration.sign_in.way import ENGLISH, at, begun, came_back, defined, through
from tests.oauth_server import Protected, query_of
from tests.pages import html, signed_in
from tests.tool_servers import allow

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ASKS = "This server asks you to sign in."
STALE = "This sign-in is not under way any more"


def test_the_whole_way_ends_in_a_call(
    visitor: Client, protected: Protected, owner: Any, api: Callable[..., APIClient]
) -> None:
    server = defined(visitor, protected)
    page = html(visitor, at("tool-server", server))
    assert ASKS in page
    assert "Sign in and allow" in page
    address = begun(visitor, server)
    asked = query_of(address)
    assert address.startswith(f"{protected.base}/authorize?")
    assert (asked["code_challenge_method"], asked["resource"], asked["scope"]) == (
        "S256",
        protected.url,
        "tools",
    )
    assert asked["redirect_uri"] == f"http://testserver{at('tool-sign-in-done', server)}"
    page = came_back(visitor, protected.allowed(address))
    assert "It answers." in page
    assert "Keep a note." in page
    assert "Sign out" in page
    assert ASKS not in page
    allow(owner, server, "note")
    call = {"tool": "note", "arguments": {"text": "hello"}}
    answer = api(owner).post(f"/api/v1/mcp-servers/{server.pk}/call/", call, format="json").json()
    assert (answer["text"], protected.notes) == ("kept: hello", ["hello"])
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions >= {"mcp_server.sign_in_begun", "mcp_server.signed_in"}
    assert not McpSignInAttempt.objects.exists()


@pytest.mark.security("S15")
def test_what_was_given_is_stored_encrypted_and_shown_nowhere(
    visitor: Client, protected: Protected, owner: Any, api: Callable[..., APIClient]
) -> None:
    protected.desk.mark = "canary-"
    server = defined(visitor, protected)
    through(visitor, protected, server)
    stored = f"{dict(stored_tokens(McpSignIn, 'tokens'))} {dict(stored_tokens(McpSignIn, 'client'))}"
    secret = next(iter(protected.desk.clients.values())).client_secret
    assert stored.count("gAAAA") == 2
    told = str(api(owner).get(f"/api/v1/mcp-servers/{server.pk}/").json())
    told += html(visitor, at("tool-server", server)) + str(list(AuditEntry.objects.values()))
    for each in ("canary-", secret):
        assert each not in stored + told


def test_by_the_api(visitor: Client, protected: Protected, owner: Any, api: Callable[..., APIClient]) -> None:
    server, client = defined(visitor, protected), api(owner)
    where = f"/api/v1/mcp-servers/{server.pk}/"
    assert client.get(where).json()["authorization"] == "needed"
    begun = client.post(f"{where}sign-in/").json()
    assert begun["expires_at"]
    came_back(visitor, protected.allowed(begun["address"]))
    assert client.get(where).json()["authorization"] == "signed_in"
    out = client.post(f"{where}sign-out/").json()
    assert (out["authorization"], out["signed_in_at"]) == ("needed", None)
    again = client.post(f"{where}sign-out/")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_signed_in")


def test_signing_out_forgets_the_tokens_and_stops_calls(
    visitor: Client, protected: Protected, owner: Any, api: Callable[..., APIClient]
) -> None:
    server = defined(visitor, protected)
    through(visitor, protected, server)
    allow(owner, server, "note")
    page = visitor.post(at("tool-sign-out", server), follow=True).content.decode()
    assert "Signed out. The tokens are forgotten here, and no longer hold at 127.0.0.1:" in page
    assert (protected.desk.access, protected.desk.refresh) == ({}, {})
    assert not dict(stored_tokens(McpSignIn, "tokens"))
    assert AuditEntry.objects.filter(action="mcp_server.signed_out").count() == 1
    protected.seen.clear()
    call = {"tool": "note", "arguments": {"text": "hello"}}
    answer = api(owner).post(f"/api/v1/mcp-servers/{server.pk}/call/", call, format="json", headers=ENGLISH)
    assert (answer.status_code, answer.json()["error"]["message"]) == (409, ASKS)
    assert (protected.notes, protected.seen) == ([], [])
    through(visitor, protected, server)
    assert protected.desk.calls["register"] == 1, "the client is known already"


def test_a_server_led_elsewhere_takes_no_token_along(visitor: Client, protected: Protected) -> None:
    server = defined(visitor, protected)
    through(visitor, protected, server)
    body = {"name": "guarded", "transport": "http", "url": f"{protected.base}/other", "timeout_seconds": "20"}
    assert visitor.post(at("tool-server", server), body).status_code == 303
    server.refresh_from_db()
    assert server.signed_in_at is None
    assert not McpSignIn.objects.exists()


@pytest.mark.parametrize("sent", ["{state}x", "", None])
@pytest.mark.security("S4")
def test_a_state_that_is_not_ours_keeps_nothing(
    visitor: Client, protected: Protected, sent: str | None
) -> None:
    server = defined(visitor, protected)
    back = query_of(protected.allowed(begun(visitor, server)))
    given = {"code": back["code"]}
    given |= {} if sent is None else {"state": sent.format(state=back["state"])}
    answer = visitor.get(at("tool-sign-in-done", server), given, follow=True)
    assert STALE in answer.content.decode()
    assert protected.desk.calls["exchange"] == 0
    assert not McpSignIn.objects.exists()


@pytest.mark.security("S4")
def test_an_answer_works_once(visitor: Client, protected: Protected) -> None:
    server = defined(visitor, protected)
    back = protected.allowed(begun(visitor, server))
    came_back(visitor, back)
    assert STALE in came_back(visitor, back)
    assert protected.desk.calls["exchange"] == 1
    server.refresh_from_db()
    assert server.signed_in_at


@pytest.mark.security("S4")
def test_an_answer_is_taken_from_nobody_else(
    visitor: Client, protected: Protected, owner: Any, stranger: Any
) -> None:
    """Neither from another person nor from another session of the same one; and then it is over."""
    server = defined(visitor, protected)
    type(stranger).objects.filter(pk=stranger.pk).update(is_superuser=True)
    stranger.refresh_from_db()
    for somebody in (signed_in(stranger, "en"), signed_in(owner, "en")):
        back = protected.allowed(begun(visitor, server))
        assert STALE in came_back(somebody, back)
        assert STALE in came_back(visitor, back)
    assert protected.desk.calls["exchange"] == 0
    assert not McpSignIn.objects.exists()


@pytest.mark.security("S4")
def test_an_answer_is_for_one_server(visitor: Client, protected: Protected) -> None:
    server = defined(visitor, protected)
    body = {"name": "other", "transport": "http", "url": protected.url, "timeout_seconds": "20"}
    visitor.post(reverse("tool-servers"), body)
    other = McpServer.objects.get(name="other")
    back = query_of(protected.allowed(begun(visitor, server)))
    answer = visitor.get(at("tool-sign-in-done", other), back, follow=True)
    assert STALE in answer.content.decode()
    assert not McpSignIn.objects.exists()


def test_an_answer_that_comes_too_late(visitor: Client, protected: Protected) -> None:
    server = defined(visitor, protected)
    back = protected.allowed(begun(visitor, server))
    McpSignInAttempt.objects.update(expires_at="2026-01-01T00:00:00Z")
    assert STALE in came_back(visitor, back)
    assert protected.desk.calls["exchange"] == 0


def test_a_no_is_told_and_nothing_is_kept(visitor: Client, protected: Protected) -> None:
    protected.desk.says_no = True
    server = defined(visitor, protected)
    page = came_back(visitor, protected.allowed(begun(visitor, server)))
    assert "It was not allowed at 127.0.0.1:" in page
    assert not McpSignIn.objects.exists()
    assert not McpSignInAttempt.objects.exists()


def test_a_code_that_is_not_taken_and_words_that_are_not_theirs(
    visitor: Client, protected: Protected
) -> None:
    server = defined(visitor, protected)
    state = query_of(begun(visitor, server))["state"]
    done = at("tool-sign-in-done", server)
    page = visitor.get(done, {"code": "forged", "state": state}, follow=True).content.decode()
    assert "refused to let us in. Its word for why: invalid_grant." in page
    state = query_of(begun(visitor, server))["state"]
    given = {"error": "<b>call</b> 0120-000", "state": state}
    page = visitor.get(done, given, follow=True).content.decode()
    assert "refused to let us in." in page
    assert "0120" not in page


def test_only_who_may_change_the_server_signs_in(
    visitor: Client, protected: Protected, teammate: Any, settings: Any
) -> None:
    settings.SIGN_IN = "password"
    settings.AI_LOCAL_HOSTS = [protected.base.removeprefix("http://")]
    server = defined(visitor, protected, shared="on")
    other = signed_in(teammate, "en")
    for name in ("tool-sign-in", "tool-sign-out"):
        assert other.post(at(name, server)).status_code == 404
        assert visitor.get(at(name, server)).status_code == 405
    assert Client(enforce_csrf_checks=True).post(at("tool-sign-in", server)).status_code in (302, 403)
    through(visitor, protected, server)


def test_public_url_says_where_people_come_back_to(
    visitor: Client, protected: Protected, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://team.example"
    server = defined(visitor, protected)
    asked = query_of(begun(visitor, server))
    assert asked["redirect_uri"] == f"https://team.example{at('tool-sign-in-done', server)}"
