"""A line to one server: the SDK's client over a guarded process or a guarded HTTP connection."""

import asyncio
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ai_integration import outbound
from ai_integration.mcp.faults import Fault, TooLarge, fault
from ai_integration.mcp.signing.bearing import bearing
from ai_integration.mcp.targets import HTTP, Target
from ai_integration.mcp.warden import MARK

if TYPE_CHECKING:
    import httpx2
    from mcp import Client

WARDEN = Path(__file__).with_name("warden.py")
LONGEST_LINE = 8 * 1024 * 1024  # bytes of one message
SAID_READ, SAID_SHOWN = 8192, 600
HTTP_SECONDS, HTTP_SILENT_SECONDS = 30, 300
CLIENT_NAME = "ai-hisho-team"

# The SDK logs whole messages, and those hold what a tool was asked and what it answered.
logging.getLogger("mcp").setLevel(logging.CRITICAL)


class Line:
    """What is known of the other end. `over` is set as soon as nothing more will come."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.over = asyncio.Event()
        self.status = 0
        self.refused: Fault | None = None  # why the sign-in was not enough
        self._said = ""

    def fault(self, error: BaseException, *, seconds: float) -> Fault:
        if self.refused:
            return self.refused
        found = fault(error, place=self._place(), seconds=seconds, said=self._said)
        if found.code in ("failed", "not_mcp", "ended_silent") and self.status >= 400:
            code = "key_refused" if self.status in (401, 403) else "http"
            return Fault(code, {"place": self._place(), "status": self.status})
        return found

    def _read(self, log: IO[bytes]) -> None:
        """Keep the end of the server's own log, without secrets."""
        size = log.seek(0, os.SEEK_END)
        log.seek(max(0, size - SAID_READ))
        text = self.target.redacted(log.read().decode("utf-8", "replace"))
        self._said = " ".join(text.split())[-SAID_SHOWN:]

    def _place(self) -> str:
        target = self.target
        return outbound.place(target.url) if target.transport == HTTP else target.command[0]

    @asynccontextmanager
    async def client(self, on_message: Any) -> AsyncIterator["Client"]:
        """The SDK's client after the handshake. Raises whatever goes wrong on the way."""
        from mcp import Client
        from mcp.types import Implementation

        info = Implementation(name=CLIENT_NAME, version="1")
        with tempfile.TemporaryFile() as log:
            transport = self._http() if self.target.transport == HTTP else self._process(log)
            watched = _Watched(transport, self.over)
            try:
                # No cache: whether a tool is still the one that was approved must be asked of the server itself.
                async with Client(
                    watched, client_info=info, cache=None, message_handler=on_message
                ) as client:
                    yield client
            finally:
                self._read(log)

    def _process(self, log: IO[bytes]) -> AbstractAsyncContextManager[Any]:
        from mcp import StdioServerParameters
        from mcp.client.stdio import stdio_client

        command, arguments = _executable(self.target), list(self.target.command[1:])
        if os.name == "posix":  # elsewhere the SDK itself ends the whole tree, by a job object
            arguments = ["-I", str(WARDEN), str(os.getpid()), str(LONGEST_LINE), command, *arguments]
            command = sys.executable
        mark = {MARK: str(self.target.server_id)}
        parameters = StdioServerParameters(
            command=command,
            args=arguments,
            env=self.target.environment | mark,
            cwd=self.target.folder or None,
            encoding_error_handler="replace",
        )
        return stdio_client(parameters, errlog=log)  # type: ignore[arg-type] # only its number is used

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[Any]:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        timeout = httpx2.Timeout(HTTP_SECONDS, read=HTTP_SILENT_SECONDS)
        headers = {"Accept-Encoding": "identity"} | self.target.headers
        options: dict[str, Any] = {"timeout": timeout, "event_hooks": {"response": [self._heard]}}
        around = bearing(self.target.bearer, self._refuse) if self.target.bearer else None
        async with (
            outbound.client(guarded=True, around=around, headers=headers, **options) as http,
            streamable_http_client(
                self.target.url, http_client=http, max_sse_event_size=LONGEST_LINE
            ) as streams,
        ):
            yield streams

    def _refuse(self, fault: Fault | None) -> None:
        self.refused = fault

    async def _heard(self, response: "httpx2.Response") -> None:
        self.status = response.status_code
        if response.headers.get("content-encoding", "identity") != "identity":
            raise TooLarge  # a few bytes that unfold to millions
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            response.stream = _limited(response.stream)


def _executable(target: Target) -> str:
    """The program itself. Raises FileNotFoundError, PermissionError: by a warden they would not be told apart."""
    wanted = target.command[0]
    found = shutil.which(wanted, path=target.environment.get("PATH") or os.environ.get("PATH"))
    if found:
        return os.path.abspath(found)
    raise PermissionError(wanted) if Path(wanted).is_file() else FileNotFoundError(wanted)


def _limited(stream: Any) -> Any:
    import httpx2

    class Limited(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for piece in stream:
                size += len(piece)
                if size > LONGEST_LINE:
                    raise TooLarge
                yield piece

        async def aclose(self) -> None:
            await stream.aclose()

    return Limited()


class _Watched:
    """The SDK's transport, whose end sets `over`."""

    def __init__(self, inner: AbstractAsyncContextManager[Any], over: asyncio.Event) -> None:
        self._inner, self._over = inner, over

    async def __aenter__(self) -> tuple[Any, Any]:
        reading, writing = await self._inner.__aenter__()
        return _Reading(reading, self._over), writing

    async def __aexit__(self, *error: Any) -> Any:
        self._over.set()
        return await self._inner.__aexit__(*error)


class _Reading:
    """A stream of messages that tells when it has come to its end."""

    def __init__(self, inner: Any, over: asyncio.Event) -> None:
        self._inner, self._over = inner, over

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def receive(self) -> Any:
        try:
            return await self._inner.receive()
        except BaseException:
            self._over.set()
            raise

    def __aiter__(self) -> "_Reading":
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._inner.__anext__()
        except BaseException:
            self._over.set()
            raise

    async def __aenter__(self) -> "_Reading":
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> Any:
        return await self._inner.__aexit__(*error)
