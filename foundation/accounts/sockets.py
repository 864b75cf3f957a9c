"""Who opens a socket: the session cookie from our own pages, or a ticket. The Origin is compared exactly."""

from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from django.conf import settings

from foundation.accounts import selectors, services
from foundation.core.errors import DomainError
from foundation.core.gate import Application, Receive, Scope, Send, header, refuse_socket
from foundation.core.origins import origin_is_listed, origin_is_own


class SocketSignIn:
    """ASGI middleware: puts `user` and `credential` into the scope, or answers the handshake with 403."""

    def __init__(self, inner: Application) -> None:
        self.inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = await self._who(scope)
        if found is None:
            await refuse_socket(receive, send)
            return
        user, credential = found
        await self.inner(scope | {"user": user, "credential": credential}, receive, send)

    async def _who(self, scope: Scope) -> tuple[Any, str] | None:
        ticket = parse_qs(scope["query_string"].decode("latin-1")).get("ticket", [""])[0]
        if not _origin_may(scope, with_ticket=bool(ticket)):
            return None
        return await (_by_ticket(ticket) if ticket else _by_session(scope))


def _origin_may(scope: Scope, *, with_ticket: bool) -> bool:
    """A cookie travels with every page, so only our own pages may use it. A ticket travels only with who asked for it."""
    origins = [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == b"origin"]
    if origins in ([], ["null"]):
        return with_ticket
    own = len(origins) == 1 and origin_is_own(origins[0], header(scope, b"host") or "")
    return own or (with_ticket and len(origins) == 1 and origin_is_listed(origins[0]))


@database_sync_to_async
def _by_ticket(raw: str) -> tuple[Any, str] | None:
    try:
        return services.socket_ticket_use(raw)
    except DomainError:
        return None


async def _by_session(scope: Scope) -> tuple[Any, str] | None:
    cookies = SimpleCookie(header(scope, b"cookie") or "")
    if settings.SESSION_COOKIE_NAME not in cookies:
        return None
    return await database_sync_to_async(selectors.session)(cookies[settings.SESSION_COOKIE_NAME].value)
