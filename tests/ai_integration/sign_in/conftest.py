"""A server of tools that wants its callers signed in, and somebody who is."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from ai_integration.models import McpServer
from tests.ai_integration.sign_in.way import ENGLISH, defined, through
from tests.oauth_server import Protected
from tests.pages import signed_in
from tests.tool_servers import allow, close_all


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture(scope="module")
def served() -> Iterator[Protected]:
    with Protected() as server:
        yield server


@pytest.fixture
def protected(served: Protected) -> Protected:
    served.desk.__init__()
    served.notes.clear()
    served.seen.clear()
    served.wants.clear()
    return served


@pytest.fixture
def visitor(owner: Any) -> Client:
    return signed_in(owner, "en")


@pytest.fixture
def call(owner: Any, api: Callable[..., APIClient]) -> Callable[..., Any]:
    """`call(server)`: a call of `note` (or another tool) by hand, and what was answered."""
    client = api(owner)

    def made(server: McpServer, tool: str = "note") -> Any:
        body = {"tool": tool, "arguments": {"text": "hello"}}
        return client.post(f"/api/v1/mcp-servers/{server.pk}/call/", body, format="json", headers=ENGLISH)

    return made


@pytest.fixture
def server(visitor: Client, protected: Protected, owner: Any) -> McpServer:
    """Signed in to, and its tool may be called."""
    made = defined(visitor, protected)
    through(visitor, protected, made)
    allow(owner, made, "note")
    return made
