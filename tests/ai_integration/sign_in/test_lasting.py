"""What becomes of a sign-in: tokens that end, that are refused, and that two processes hold; clients registered beforehand."""

import asyncio
from typing import Any

import pytest
from django.test import Client
from mcp.shared.auth import OAuthClientInformationFull

from ai_integration.gateway import holding, loop
from ai_integration.gateway.holding import Holder
from ai_integration.models import McpServer, McpSignIn
from foundation.activity.models import AuditEntry, Notification
from foundation.core.crypto import stored_tokens
from tests.ai_integration.sign_in.way import at, begun, came_back, defined, through
from tests.oauth_server import Protected, query_of
from tests.pages import html
from tests.tool_servers import allow, close_all

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AGAIN = "The sign-in has ended: the server does not take it any more. Sign in again."


def test_a_token_that_ended_is_replaced_by_itself(
    visitor: Client, protected: Protected, owner: Any, call: Any
) -> None:
    protected.desk.life = 0
    server = defined(visitor, protected)
    through(visitor, protected, server)
    allow(owner, server, "note")
    before = protected.desk.calls["refresh"]
    assert before
    assert call(server).json()["text"] == "kept: hello"
    assert protected.desk.calls["refresh"] > before
    assert protected.notes == ["hello"]


def test_a_token_that_is_refused_before_its_end_is_replaced_and_the_call_made_once(
    protected: Protected, server: McpServer, call: Any
) -> None:
    protected.desk.forget_access()
    assert call(server).json()["text"] == "kept: hello"
    assert (protected.desk.calls["refresh"], protected.notes) == (1, ["hello"])


def test_a_refused_refresh_ends_the_sign_in_and_is_not_tried_again(
    visitor: Client, protected: Protected, server: McpServer, call: Any, owner: Any
) -> None:
    protected.desk.forget_access()
    protected.desk.refuses = True
    for _ in range(3):
        answer = call(server)
        assert (answer.status_code, answer.json()["error"]["message"]) == (409, AGAIN)
    assert (protected.desk.calls["refresh"], protected.notes) == (1, [])
    assert protected.seen.count("/token") == 2, "the exchange, and one refresh"
    server.refresh_from_db()
    assert (server.check_code, server.signed_in_at) == ("sign_in_again", None)
    assert not dict(stored_tokens(McpSignIn, "tokens"))
    assert Notification.objects.filter(user=owner, type="mcp_server.sign_in_ended").count() == 1
    page = html(visitor, at("tool-server", server))
    assert AGAIN in page
    assert "Sign in and allow" in page
    protected.desk.refuses = False
    through(visitor, protected, server)
    assert call(server).status_code == 200


def test_a_place_that_is_away_is_left_alone_and_nothing_forgotten(
    protected: Protected, server: McpServer, call: Any
) -> None:
    protected.desk.forget_access()
    protected.desk.broken = True
    for _ in range(3):
        answer = call(server)
        assert answer.status_code == 409
        assert "again" in answer.json()["error"]["message"]
    assert (protected.desk.calls["refresh"], protected.notes) == (1, [])
    server.refresh_from_db()
    assert server.signed_in_at
    close_all()
    holding._another_process()  # which knows nothing of the pause
    protected.desk.broken = False
    assert call(server).json()["text"] == "kept: hello"


def test_of_two_processes_one_refreshes(protected: Protected, server: McpServer) -> None:
    """Each refresh token works once: a second use would end the sign-in for everybody."""
    row = McpSignIn.objects.get()

    async def both() -> list[str]:
        holders = [Holder(server.pk, server.url, row.grant) for _ in range(2)]
        stale = await holders[0].access()
        return await asyncio.gather(*(each.access(stale) for each in holders))

    first, second = loop.run(both())
    assert first == second
    assert first in protected.desk.access
    assert protected.desk.calls["refresh"] == 1


def test_after_a_refresh_the_tokens_are_still_no_ones_to_read(
    protected: Protected, server: McpServer, call: Any
) -> None:
    protected.desk.mark = "canary-"
    protected.desk.forget_access()
    assert call(server).status_code == 200
    assert "canary-" not in str(dict(stored_tokens(McpSignIn, "tokens")))
    assert "canary-" not in str(list(AuditEntry.objects.values()))


def test_a_client_that_was_registered_beforehand(visitor: Client, owner: Any) -> None:
    with Protected(registers=False) as protected:
        server = defined(visitor, protected)
        page = visitor.post(at("tool-sign-in", server), follow=True).content.decode()
        assert "did not register us." in page
        page = html(visitor, at("tool-server", server))
        back = f"http://testserver{at('tool-sign-in-done', server)}"
        assert back in page
        protected.desk.clients["known"] = OAuthClientInformationFull(
            client_id="known",
            client_secret="canary-client-secret",
            redirect_uris=[back],
            scope="tools",
            token_endpoint_auth_method="client_secret_basic",
        )
        body = {"name": "guarded", "transport": "http", "url": protected.url, "timeout_seconds": "20"}
        body |= {"client_id": "known", "client_secret": "canary-client-secret", "enabled": "on"}
        assert visitor.post(at("tool-server", server), body).status_code == 303
        through(visitor, protected, server)
        told = html(visitor, at("tool-server", server)) + str(list(AuditEntry.objects.values()))
        assert "canary-client-secret" not in told + str(dict(stored_tokens(McpServer, "client_secret")))
        led_away = body | {"url": "http://127.0.0.1:9/mcp", "client_secret": ""}
        answer = visitor.post(at("tool-server", server), led_away)
        assert answer.status_code == 422
        assert "Enter the client secret for it." in answer.content.decode()
        McpSignIn.objects.update(issuer="https://before.example")
        assert (
            "enter the client secret again"
            in visitor.post(at("tool-sign-in", server), follow=True).content.decode()
        )


def test_a_server_changed_meanwhile_gets_no_token(visitor: Client, protected: Protected) -> None:
    server = defined(visitor, protected)
    back = protected.allowed(begun(visitor, server))
    McpServer.objects.update(url=f"{protected.base}/other")
    assert "The server was changed while you signed in." in came_back(visitor, back)
    assert not McpSignIn.objects.exists()


def test_a_tool_that_wants_more_than_was_allowed(
    visitor: Client, protected: Protected, server: McpServer, call: Any, owner: Any
) -> None:
    """Its call is not made, the others go on, somebody is asked, and what was allowed before is asked for again with it."""
    allow(owner, server, "other")
    protected.wants = {"note": "write", "other": "send"}
    for _ in range(2):
        answer = call(server)
        assert (answer.status_code, answer.json()["error"]["message"]) == (
            409,
            "The server asks for more than was allowed (write). Sign in again to allow it.",
        )
    assert protected.notes == []
    server.refresh_from_db()
    assert server.signed_in_at
    assert Notification.objects.filter(user=owner, type="mcp_server.more_asked").count() == 1
    page = html(visitor, at("tool-server", server))
    assert "Its tools ask for more than was allowed: <code>write</code>" in page
    assert "Sign in again and allow" in page
    address = begun(visitor, server)
    assert query_of(address)["scope"] == "tools write"
    came_back(visitor, protected.allowed(address))
    assert call(server).json()["text"] == "kept: hello"
    assert call(server, "other").status_code == 409
    address = begun(visitor, server)
    assert query_of(address)["scope"] == "tools write send"
    came_back(visitor, protected.allowed(address))
    assert "ask for more" not in html(visitor, at("tool-server", server))
    for tool in ("note", "other"):
        assert call(server, tool).status_code == 200
    protected.desk.forget_access()
    assert call(server, "other").status_code == 200, "a refreshed token holds for the same"


def test_wanting_more_does_not_hinder_what_was_allowed(
    protected: Protected, server: McpServer, call: Any, owner: Any
) -> None:
    allow(owner, server, "other")
    protected.wants = {"note": "write"}
    assert call(server).status_code == 409
    assert call(server, "other").json()["text"] == "kept: hello"


@pytest.mark.parametrize("words", ["x" * 3000, "\u00e9", '"><b>'])
def test_odd_words_for_what_is_wanted_are_not_passed_on(
    visitor: Client, protected: Protected, server: McpServer, call: Any, words: str
) -> None:
    protected.wants = {"note": words}
    answer = call(server)
    assert answer.json()["is_error"]
    assert words not in html(visitor, at("tool-server", server)) + str(answer.json())
    assert query_of(begun(visitor, server))["scope"] == "tools"
