"""Who may come in at /mcp: a bearer token, and no page of another site. The Host was checked by the gate."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connection
from django.utils import translation

from ai_integration.mcp.serving import Serving
from foundation.accounts import selectors
from foundation.core import draining
from foundation.core.errors import CHALLENGE
from foundation.core.gate import Application, Receive, Scope, Send, header
from foundation.core.origins import origin_is_listed, origin_is_own
from workflows.serving.offer import offer

PATHS = ("/mcp", "/mcp/")


class McpDoor:
    """ASGI middleware: takes what is for /mcp, and hands everything else on."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner
        self._serving = Serving(offer(), _on_a_thread)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] not in PATHS:
            await self.inner(scope, receive, send)
        elif draining.draining():
            await _refuse(send, 503, "unavailable", "The server is being stopped.", [(b"retry-after", b"5")])
        elif not _origin_may(scope):
            await _refuse(send, 403, "cross_site", "This request comes from another site.")
        elif (user := await _on_a_thread(_who, header(scope, b"authorization") or "")) is None:
            challenge = [(b"www-authenticate", CHALLENGE.encode())]
            await _refuse(send, 401, "bad_token", "A valid bearer token is needed.", challenge)
        else:
            await self._serving(scope | {"user": user}, receive, send)


def _origin_may(scope: Scope) -> bool:
    """A program sends no Origin; a page must be one of ours, or of a site that the operator listed."""
    found = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == b"origin"]
    if not found:
        return True
    own = origin_is_own(found[0], header(scope, b"host") or "")
    return len(found) == 1 and (own or origin_is_listed(found[0]))


def _who(authorization: str) -> Any:
    scheme, _space, raw = authorization.partition(" ")
    found = selectors.bearer(raw.strip()) if scheme.lower() == "bearer" else None
    return found and found[0]


async def _on_a_thread(work: Callable[..., Any], *given: Any) -> Any:
    return await asyncio.to_thread(_with_connection, work, *given)


def _with_connection(work: Callable[..., Any], *given: Any) -> Any:
    close_old_connections()
    try:
        with translation.override(translation.get_language()):
            return work(*given)
    finally:
        connection.close()


async def _refuse(
    send: Send, status: int, code: str, message: str, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    body = json.dumps({"error": {"code": code, "message": message, "details": {}}}).encode()
    kind = [(b"content-type", b"application/json"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *(headers or [])]})
    await send({"type": "http.response.body", "body": body})
