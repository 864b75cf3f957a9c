"""The outermost layer of the server: nothing behind it sees a foreign Host, an endless body or a socket while draining.

It also says whose request it is (an address that no header can fake, an id for the log), and no answer leaves it without the
standard headers.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

from foundation.core import draining, headers, request_ids
from foundation.core.origins import client_behind, host_allowed, is_proxy
from foundation.core.wire import body_limit, too_large

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

CLOSE_DRAINING = 4012  # Daphne refuses to send 1012, the code the standard has for this


def header(scope: Scope, name: bytes) -> str | None:
    """The one header of that name; None when it is missing or stands there twice."""
    found = [value for key, value in scope["headers"] if key.lower() == name]
    return found[0].decode("latin-1") if len(found) == 1 else None


class Gate:
    """ASGI middleware. Foreign Host: 400 or a refused handshake. Body above the limit: 413. Draining: sockets close 4012."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        scope = _from_whom(scope)
        request_ids.current.set(request_ids.request_id(header(scope, b"x-request-id")))
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._http(scope, receive, _Dressed(scope, send))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not host_allowed(header(scope, b"host") or ""):
            await _answer(send, 400, "bad_host", "This server does not go by that name.")
        elif _too_large(scope):
            await _answer(send, 413, "too_large", too_large(_limit(scope)))
        else:
            await self.inner(scope, _Bounded(receive, _limit(scope)), send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not host_allowed(header(scope, b"host") or ""):
            await refuse_socket(receive, send)
        elif draining.draining():
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": CLOSE_DRAINING})
        else:
            await self.inner(scope, receive, send)


class _Bounded:
    """`receive` for a body that came without its length: past the limit the client counts as gone."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self.receive, self.left = receive, limit

    async def __call__(self) -> dict[str, Any]:
        message = await self.receive()
        self.left -= len(message.get("body", b""))
        return message if self.left >= 0 else {"type": "http.disconnect"}


class _Dressed:
    """`send` that adds the headers which every answer carries."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.scope, self.send = scope, send

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = message | {"headers": [*message.get("headers", ()), *self._added(message)]}
        await self.send(message)

    def _added(self, message: dict[str, Any]) -> list[tuple[bytes, bytes]]:
        present = [bytes(name).decode("latin-1") for name, _value in message.get("headers", ())]
        found = headers.missing(present, secure=_is_secure(self.scope))
        found[request_ids.HEADER] = request_ids.current.get()
        return [(name.encode(), value.encode()) for name, value in found.items()]


def _from_whom(scope: Scope) -> Scope:
    """With the address that the request really comes from, as far as TRUSTED_PROXIES say; others say nothing about it."""
    if not settings.TRUSTED_PROXIES or not scope.get("client"):
        return scope
    said = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
    address, port = scope["client"]
    if not is_proxy(address):
        kept = [each for each in scope["headers"] if not each[0].lower().startswith(b"x-forwarded-")]
        return scope | {"headers": kept}
    return scope | {"client": [client_behind(address, said), port]}


def _is_secure(scope: Scope) -> bool:
    said = header(scope, b"x-forwarded-proto") if settings.SECURE_PROXY_SSL_HEADER else ""
    return scope.get("scheme") == "https" or said == "https"


async def refuse_socket(receive: Receive, send: Send) -> None:
    """Answer the handshake with 403."""
    await receive()
    await send({"type": "websocket.close"})


def _limit(scope: Scope) -> int:
    return body_limit(header(scope, b"content-type") or "")


def _too_large(scope: Scope) -> bool:
    length = header(scope, b"content-length") or "0"
    return not length.isdigit() or int(length) > _limit(scope)


async def _answer(send: Send, status: int, code: str, message: str) -> None:
    body = json.dumps({"error": {"code": code, "message": message, "details": {}}}).encode()
    kind = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": kind})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
