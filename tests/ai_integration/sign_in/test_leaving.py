"""Leaving a server that one is signed in to: signing out, leading it elsewhere, removing it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from ai_integration.mcp import manager
from ai_integration.mcp.sessions import DOWN, READY
from ai_integration.models import McpServer, McpSignIn
from foundation.core.crypto import stored_tokens
from tests.ai_integration.sign_in.way import at, defined, through
from tests.oauth_server import Protected
from tests.pages import signed_in

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_signing_out_where_the_tokens_cannot_be_taken_back_says_so(
    visitor: Client, protected: Protected, server: McpServer
) -> None:
    protected.desk.broken = True
    page = visitor.post(at("tool-sign-out", server), follow=True).content.decode()
    assert "could not be told." in page
    assert protected.seen.count("/revoke") == 1, "the second is not tried"
    server.refresh_from_db()
    assert server.signed_in_at is None
    assert not dict(stored_tokens(McpSignIn, "tokens"))


def test_signing_out_where_nothing_takes_tokens_back(visitor: Client, owner: Any) -> None:
    with Protected(revokes=False) as protected:
        server = defined(visitor, protected)
        through(visitor, protected, server)
        protected.seen.clear()
        page = visitor.post(at("tool-sign-out", server), follow=True).content.decode()
        assert "what you allowed is taken back there" in page
        assert protected.seen == []


def test_a_sign_in_whose_secrets_cannot_be_read_is_left_all_the_same(
    visitor: Client, server: McpServer
) -> None:
    McpSignIn.objects.update(tokens="")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ai_integration_mcpsignin SET tokens = 'gAAAAA-not-ours'")
    page = visitor.post(at("tool-sign-out", server), follow=True).content.decode()
    assert "Signed out." in page
    server.refresh_from_db()
    assert server.signed_in_at is None


def removed_by_page(owner: Any, api: Any, server: McpServer) -> int:
    return signed_in(owner, "en").post(at("tool-server-delete", server)).status_code


def removed_by_api(owner: Any, api: Any, server: McpServer) -> int:
    return api(owner).delete(f"/api/v1/mcp-servers/{server.pk}/").status_code


def removed_by_admin(owner: Any, api: Any, server: McpServer) -> int:
    owner.is_staff = owner.is_superuser = True
    owner.save()
    at_admin = reverse("admin:ai_integration_mcpserver_delete", args=[server.pk])
    return signed_in(owner, "en").post(at_admin, {"post": "yes"}).status_code


def led_away_by_page(owner: Any, api: Any, server: McpServer) -> int:
    body = {"name": "guarded", "transport": "http", "url": "http://127.0.0.1:9/mcp", "timeout_seconds": "20"}
    return signed_in(owner, "en").post(at("tool-server", server), body).status_code


def led_away_by_api(owner: Any, api: Any, server: McpServer) -> int:
    body = {"url": "http://127.0.0.1:9/mcp"}
    return api(owner).patch(f"/api/v1/mcp-servers/{server.pk}/", body, format="json").status_code


WAYS = [removed_by_page, removed_by_api, removed_by_admin, led_away_by_page, led_away_by_api]


@pytest.mark.parametrize("leave", WAYS)
@pytest.mark.parametrize("broken", [False, True])
def test_tokens_are_taken_back_where_their_server_goes(
    leave: Callable[..., int],
    broken: bool,
    owner: Any,
    api: Callable[..., APIClient],
    protected: Protected,
    server: McpServer,
) -> None:
    protected.desk.broken = broken
    assert manager.health(server.pk).state == READY
    assert leave(owner, api, server) in (200, 204, 302, 303)
    assert manager.health(server.pk).state == DOWN
    assert not McpSignIn.objects.exists()
    assert protected.seen.count("/revoke") == (1 if broken else 2)
    assert broken or not (protected.desk.access or protected.desk.refresh)


def test_what_is_refused_or_changes_no_address_takes_nothing_back(
    owner: Any, api: Callable[..., APIClient], protected: Protected, server: McpServer
) -> None:
    at_server = f"/api/v1/mcp-servers/{server.pk}/"
    assert api(owner).patch(at_server, {"timeout_seconds": 30}, format="json").status_code == 200
    assert api(owner).patch(at_server, {"url": "file:///etc"}, format="json").status_code == 422
    server.refresh_from_db()
    assert server.signed_in_at
    assert "/revoke" not in protected.seen
