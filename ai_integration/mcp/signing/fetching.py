"""The requests of a sign-in: to checked addresses alone, following nothing, bounded in size and time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ai_integration import outbound
from ai_integration.mcp.faults import Fault, TooLarge

if TYPE_CHECKING:
    import httpx2

LARGEST_ANSWER = 256 * 1024  # bytes
STEP_SECONDS, ALL_SECONDS = 10, 30


class Fetcher:
    """`home` is the server for whose sign-in the requests are made."""

    def __init__(self, http: "httpx2.AsyncClient", home: str) -> None:
        self._http, self.home = http, home

    async def named(self, url: str) -> str:
        """`url`, if it may be called. Raises Fault."""
        try:
            return await asyncio.to_thread(outbound.check_named, url, self.home)
        except outbound.Blocked as error:
            raise _blocked(self.home, url) from error

    async def send(self, request: "httpx2.Request") -> "httpx2.Response":
        """The whole answer of an address that the server named. Raises Fault, and what httpx2 raises."""
        await self.named(str(request.url))
        return await self.send_home(request)

    async def send_home(self, request: "httpx2.Request") -> "httpx2.Response":
        """The whole answer of the server itself, whose address a person typed in."""
        import httpx2

        url = str(request.url)  # the guard changes that of the request
        request.headers["Accept-Encoding"] = "identity"
        answer = await self._http.send(request, stream=True)
        try:
            body = await _read(answer)
        finally:
            await answer.aclose()
        asked = httpx2.Request(request.method, url)
        return httpx2.Response(answer.status_code, headers=answer.headers, content=body, request=asked)


async def _read(answer: "httpx2.Response") -> bytes:
    """The body; nothing of a stream of events, which has no end."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise TooLarge
    body = b""
    if not answer.headers.get("content-type", "").startswith("text/event-stream"):
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise TooLarge
    return body


@asynccontextmanager
async def fetcher(home: str) -> AsyncIterator[Fetcher]:
    """For one step of a sign-in. Raises Fault for all that goes wrong inside."""
    place = outbound.place(home)
    try:
        async with (
            asyncio.timeout(ALL_SECONDS),
            outbound.client(guarded=True, home=home, timeout=STEP_SECONDS) as http,
        ):
            yield Fetcher(http, home)
    except Fault:
        raise
    except outbound.Blocked as error:
        raise _blocked(home, "") from error
    except TooLarge as error:
        raise Fault("sign_in_unsound", {"place": place}) from error
    except Exception as error:
        raise Fault("sign_in_away", {"place": place}) from error


def _blocked(home: str, url: str) -> Fault:
    return Fault("sign_in_blocked", {"place": outbound.place(home), "named": outbound.place(url)[:100]})
