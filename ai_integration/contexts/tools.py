"""What pages and addresses show of tool servers and tools."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse

from ai_integration.mcp import pal
from ai_integration.mcp.faults import ASKING, INSTALL_FAILED, INSTALLING, OK, SIGN_IN, sentence
from ai_integration.models import McpServer, McpTool
from ai_integration.selectors import mcp_servers, mcp_tools
from ai_integration.services import may_define
from ai_integration.states import Authorization, Transport
from foundation.core.permissions import may


def check_words(server: McpServer) -> str:
    """How the last connection went, in one sentence; empty when there was none."""
    return sentence(server.check_code, server.check_detail) if server.check_code else ""


def authorization(server: McpServer) -> str:
    """none, needed (somebody has to sign in there), or signed_in."""
    if server.signed_in_at:
        return Authorization.SIGNED_IN
    return Authorization.NEEDED if server.check_code in ASKING else Authorization.NONE


def standing(tool: McpTool) -> str:
    """new, approved, changed, or gone."""
    if not tool.listed:
        return "gone"
    if tool.approved:
        return "approved"
    return "changed" if tool.changed else "new"


@dataclass(frozen=True)
class ToolState:
    """A tool as it stands; `schema` is its JSON, written out in full."""

    row: McpTool
    standing: str
    schema: str


@dataclass(frozen=True)
class ServerState:
    """A server and how its last connection went. `command` is exactly what is started, one argument to a line."""

    row: Any
    said: str
    good: bool
    command: str

    @property
    def failing(self) -> bool:
        return bool(self.said) and not self.good and self.row.check_code not in (INSTALLING, SIGN_IN)

    @property
    def asks(self) -> bool:
        return authorization(self.row) == Authorization.NEEDED

    @property
    def over_http(self) -> bool:
        return self.row.transport == Transport.HTTP


@dataclass(frozen=True)
class Recipe:
    """How the server stands that the platform installs itself. `done` of `steps` are behind it, `step` says what is going on.

    `taken` says that a server of its name is another one.
    """

    row: McpServer | None
    installing: bool
    failed: bool
    taken: bool
    said: str
    step: str
    done: int
    steps: int

    @property
    def there(self) -> bool:
        return self.row is not None and not (self.installing or self.failed or self.taken)


@dataclass(frozen=True)
class ServersPage:
    servers: Sequence[ServerState]
    may_define: bool
    pal: Recipe


@dataclass(frozen=True)
class ServerPage:
    server: ServerState
    tools: Sequence[ToolState]
    may_change: bool
    may_operate: bool


def servers_page(user: Any) -> ServersPage:
    rows = mcp_servers(user).order_by("name")
    found = next((row for row in rows if row.name == pal.NAME), None)
    return ServersPage([server_state(row) for row in rows], may_define(user), recipe(found))


def recipe(row: McpServer | None) -> Recipe:
    code = row.check_code if row else ""
    step = row.check_detail.get("step", "") if row and code in (INSTALLING, INSTALL_FAILED) else ""
    return Recipe(
        row,
        installing=code == INSTALLING,
        failed=code == INSTALL_FAILED,
        taken=row is not None and not pal.is_recipe(row.command),
        said=check_words(row) if row else "",
        step=str(pal.STEPS.get(step, "")),
        done=pal.ORDER.index(step) if step in pal.ORDER else 0,
        steps=len(pal.ORDER),
    )


def server_page(user: Any, server: McpServer) -> ServerPage:
    tools = [ToolState(row, standing(row), _pretty(row.schema)) for row in mcp_tools(user, server)]
    return ServerPage(
        server_state(server),
        sorted(tools, key=lambda each: ("changed", "new", "approved", "gone").index(each.standing)),
        may(user, "change", server),
        may(user, "operate", server),
    )


def redirect_uri(request: Any, server: McpServer) -> str:
    """Where an authorization server sends people back to: below PUBLIC_URL, else where this request came in (a host that was
    checked)."""
    path = reverse("tool-sign-in-done", args=[server.pk])
    return (
        f"{settings.PUBLIC_URL.rstrip('/')}{path}"
        if settings.PUBLIC_URL
        else request.build_absolute_uri(path)
    )


def server_state(row: McpServer) -> ServerState:
    return ServerState(row, check_words(row), row.check_code == OK, "\n".join(row.command))


def _pretty(schema: Any) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2)
