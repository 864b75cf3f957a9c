"""Leaving a server of tools: what holds here ends first, and then its tokens are taken back over there."""

from dataclasses import dataclass
from typing import Any

from ai_integration import services
from ai_integration.gateway import loop
from ai_integration.gateway.connecting import disconnect
from ai_integration.mcp.signing import flow
from ai_integration.models import McpServer
from ai_integration.outbound import place
from ai_integration.selectors import Held, sign_in_held
from foundation.core.actors import Actor
from foundation.core.errors import Unavailable


@dataclass(frozen=True)
class Left:
    """Signed out. `told` says whether the authorization server at `host` took the tokens back; None where it takes none."""

    host: str
    told: bool | None


def sign_out(actor: Actor, server: McpServer) -> Left:
    """Forget the tokens, end the session, and have the tokens taken back. Raises Forbidden, Conflict `not_signed_in`."""
    held, url = _readable(server), server.url
    services.sign_out(actor, server)
    disconnect(server.pk)
    return _taken_back(held, url)


def server_change(actor: Actor, server: McpServer, **fields: Any) -> McpServer:
    """`mcp_server_update` and the end of its session; tokens it leads away from are taken back. Raises the same."""
    held, url = _readable(server), server.url
    changed = services.mcp_server_update(actor, server, **fields)
    disconnect(changed.pk)
    if changed.signed_in_at is None:
        _taken_back(held, url)
    return changed


def server_remove(actor: Actor, server: McpServer) -> None:
    """`mcp_server_delete`, the end of its session, and its tokens taken back. Raises the same."""
    held, url, server_id = _readable(server), server.url, server.pk
    services.mcp_server_delete(actor, server)  # takes the key from `server`
    disconnect(server_id)
    _taken_back(held, url)


def _readable(server: McpServer) -> Held | None:
    """What is held; nothing where it cannot be decrypted, so that it can be left all the same."""
    try:
        return sign_in_held(server.pk)
    except Unavailable:
        return None


def _taken_back(held: Held | None, url: str) -> Left:
    endpoint = held.tokens.get("revocation", "") if held else ""
    if held is None or not endpoint:
        return Left(place(held.issuer if held else url), told=None)
    client = flow.OAuthClient(**held.client)
    loop.let_connection_go()
    told = loop.run(flow.revoke(url, endpoint, client, tokens=held.tokens))
    return Left(place(endpoint), told)
