"""Connecting a server of tools: what it offers and how that went is written down."""

from ai_integration.gateway import loop
from ai_integration.mcp import manager
from ai_integration.mcp.faults import OK, Fault
from ai_integration.mcp.targets import Target
from ai_integration.models import McpServer
from ai_integration.services import mcp_server_checked, tools_store
from ai_integration.services.tool_servers import values_of
from foundation.core.actors import Actor


def connect(actor: Actor, server: McpServer) -> McpServer:
    """Connect now, write down what the server offers, and how it went. Raises Unavailable when secrets cannot be read."""
    target = target_of(server)
    loop.let_connection_go()
    try:
        listing = loop.run(manager.tools(target))
    except Fault as fault:
        return mcp_server_checked(actor, server.pk, code=fault.code, detail=fault.detail) or server
    tools_store(actor, server.pk, listing)
    return mcp_server_checked(actor, server.pk, code=OK, detail={"tools": len(listing)}) or server


def disconnect(server: McpServer) -> None:
    """End this process' session with the server, and everything that it started."""
    loop.run(manager.close(server.pk))


def target_of(server: McpServer) -> Target:
    """Raises Unavailable when the stored values cannot be decrypted."""
    row = McpServer.objects.get(pk=server.pk)
    return Target(
        server_id=row.pk,
        name=row.name,
        transport=row.transport,
        command=tuple(row.command),
        environment=values_of(row.environment),
        folder=row.folder,
        url=row.url,
        headers=values_of(row.headers),
        timeout=float(row.timeout_seconds),
    )
