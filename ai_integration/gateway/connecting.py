"""Connecting a server of tools: what it offers and how that went is written down."""

from uuid import UUID

from ai_integration.gateway import loop
from ai_integration.gateway.holding import forget, holder
from ai_integration.mcp import manager, pal
from ai_integration.mcp.faults import ASKING, OK, SIGN_IN, Fault
from ai_integration.mcp.signing.discovery import discover
from ai_integration.mcp.targets import HTTP, Listed, Target
from ai_integration.models import McpServer
from ai_integration.selectors import sign_in_held
from ai_integration.services import mcp_server_checked, tools_store
from ai_integration.services.tool_servers import values_of
from foundation.core.actors import Actor
from foundation.core.errors import NotFound


def connect(actor: Actor, server: McpServer) -> McpServer:
    """Connect now, write down what the server offers, and how it went.

    Raises Unavailable when secrets cannot be read, NotFound when the server has been removed.
    """
    target = target_of(server)
    loop.let_connection_go()
    try:
        listing = loop.run(_listing(target))
    except Fault as fault:
        return mcp_server_checked(actor, server.pk, code=fault.code, detail=fault.detail) or server
    tools_store(actor, server.pk, listing)
    return mcp_server_checked(actor, server.pk, code=OK, detail={"tools": len(listing)}) or server


def disconnect(server_id: UUID) -> None:
    """End this process' session with the server, and everything that it started."""
    loop.run(manager.close(server_id))
    forget(server_id)


async def _listing(target: Target) -> dict[str, Listed]:
    """What the server offers. A refusal that is a question for somebody to sign in is told as that."""
    try:
        return await manager.tools(target)
    except Fault as fault:
        refused = fault.code == "key_refused" and fault.detail.get("status") == 401
        if not refused or target.transport != HTTP or target.bearer or not await discover(target):
            raise
        raise Fault(SIGN_IN) from fault


def callable_target(server: McpServer) -> Target:
    """The same for a call. Raises Fault where somebody has to sign in first: the server need not be asked for that."""
    row = _as_it_stands(server)
    if row.check_code in ASKING:
        raise Fault(row.check_code)
    return _target(row)


def target_of(server: McpServer) -> Target:
    """Raises Unavailable when the stored values cannot be decrypted, NotFound when the server has been removed."""
    return _target(_as_it_stands(server))


def _as_it_stands(server: McpServer) -> McpServer:
    row = McpServer.objects.filter(pk=server.pk).first()
    if row is None:
        raise NotFound
    return row


def _target(row: McpServer) -> Target:
    held = sign_in_held(row.pk) if row.signed_in_at else None
    values = values_of(row.environment)
    ours = pal.is_ours(row.command, values)
    return Target(
        server_id=row.pk,
        name=row.name,
        transport=row.transport,
        command=tuple(row.command),
        environment=pal.without_ways_past_us(values) if ours else values,
        folder=row.folder,
        url=row.url,
        headers=values_of(row.headers),
        timeout=float(row.timeout_seconds),
        asks=ours and pal.has_models(values),
        grant=str(held.grant) if held else "",
        bearer=holder(row.pk, row.url, held.grant) if held else None,
    )
