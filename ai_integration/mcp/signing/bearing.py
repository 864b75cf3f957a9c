"""Bringing the token with each request, with a new one when it ended. A request that has none is not sent.

A request for which the token holds too little (`insufficient_scope`, RFC 6750) is not taken either: its caller is told.
"""

from typing import TYPE_CHECKING, Any, Protocol

from ai_integration.mcp.faults import Fault
from ai_integration.mcp.signing.scopes import lacking

if TYPE_CHECKING:
    import httpx2

UNSENT = -32_091  # the code of the answer that stands for a request which the server did not take


class Bearer(Protocol):
    """Whoever holds the tokens. `held` are those that must not stand in any message."""

    @property
    def held(self) -> list[str]: ...

    async def access(self, stale: str = "") -> str:
        """A token that still holds; another one than `stale`, which was refused. Raises Fault."""
        ...

    async def give_up(self, stale: str) -> Fault:
        """`stale`, however new, is refused: what that comes down to."""
        ...

    async def want(self, scope: str) -> Fault:
        """The token is good, and yet not for this: what that comes down to."""
        ...


def bearing(bearer: Bearer, refused: Any) -> Any:
    """What stands around a transport. `refused(fault)` is told why a request was not taken, `refused(None)` that one was.

    Such a request is answered in the server's place: its caller learns of it and no other call on the line is torn down.
    """
    import httpx2

    class Bearing(httpx2.AsyncBaseTransport):
        def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
            self._inner = inner

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            try:
                answer = await _taken(self._inner, bearer, request)
            except Fault as fault:
                refused(fault)
                return _unsent(request)
            refused(None)
            return answer

        async def aclose(self) -> None:
            await self._inner.aclose()

    return Bearing


async def _taken(inner: Any, bearer: Bearer, request: "httpx2.Request") -> "httpx2.Response":
    """The server's answer, with another token where it refused the first. Raises Fault."""
    stale = ""
    for _try in range(2):
        token = await bearer.access(stale)
        answer = await inner.handle_async_request(_with(token, request))
        if wanted := lacking(answer):
            await answer.aclose()
            raise await bearer.want(wanted)
        if answer.status_code != 401:
            return answer
        await answer.aclose()
        stale = token
    raise await bearer.give_up(stale)


def _with(token: str, request: "httpx2.Request") -> "httpx2.Request":
    """A copy, since a guard changes the address of what it sends."""
    import httpx2

    headers = httpx2.Headers(request.headers)
    headers["Authorization"] = f"Bearer {token}"
    return httpx2.Request(
        request.method,
        request.url,
        headers=headers,
        stream=request.stream,
        extensions=dict(request.extensions),
    )


def _unsent(request: "httpx2.Request") -> "httpx2.Response":
    import httpx2

    told = {"jsonrpc": "2.0", "id": None, "error": {"code": UNSENT, "message": "not signed in"}}
    return httpx2.Response(401, json=told, request=request)
