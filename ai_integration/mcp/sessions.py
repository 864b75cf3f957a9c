"""One long-lived session per server. Its owner task alone opens and closes it: the SDK binds both to one task."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from django.conf import settings

from ai_integration.mcp import door
from ai_integration.mcp.faults import ASKING, BUSY, SIGN_IN_MORE, Ended, Fault
from ai_integration.mcp.lines import Line
from ai_integration.mcp.listing import listed
from ai_integration.mcp.results import Result, as_data
from ai_integration.mcp.signing.bearing import UNSENT
from ai_integration.mcp.targets import Listed, Target

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 60.0
SOON_SECONDS = 3.0  # a pause that a call sits out; of a longer one it is told
STEADY_SECONDS = 30.0  # a session that lasted so long was no failure
AT_ONCE = 8
END_SECONDS = 10.0
DOWN, CONNECTING, READY = "down", "connecting", "ready"

type Tell = Callable[[float, float | None, str], None]


class Changed(Exception):
    """The tool is not, or no longer, the one that was approved. `listing` is what the server offers now."""

    def __init__(self, listing: dict[str, Listed]) -> None:
        super().__init__("changed")
        self.listing = listing


class Interrupted(Exception):
    """The call was sent and its answer never came: nobody knows whether its effect happened. `fault` says what cut it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Session:
    """Lives on the gateway's loop alone. Connects when it is needed, again after it broke, ends when idle or closed."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.state = DOWN
        self.fault: Fault | None = None
        self.listing: dict[str, Listed] = {}
        self._listed_at = -math.inf
        self._client: Any = None
        self._line: Line | None = None
        self._opening = asyncio.Lock()
        self._owner: asyncio.Task[None] | None = None
        self._opened: asyncio.Future[None] | None = None
        self._close = asyncio.Event()
        self._failures = 0
        self._not_before = 0.0
        self._used_at = time.monotonic()
        self._busy = 0
        self._guest: door.Guest | None = None
        # Where the server asks models, it must be clear for which call it does.
        self._turns = asyncio.Semaphore(1 if target.asks else AT_ONCE)

    async def tools(self, *, fresh: float = 0.0) -> dict[str, Listed]:
        """What the server offers, not older than `fresh` seconds. Raises Fault."""
        for last in (False, True):
            client = await self._connected()
            if time.monotonic() - self._listed_at <= fresh:
                return self.listing
            try:
                async with asyncio.timeout(settings.MCP_CONNECT_SECONDS):
                    await self._list(client)
            except Exception as error:
                found = await self._failed(error, settings.MCP_CONNECT_SECONDS)
                if last or found.code in ("silent", SIGN_IN_MORE, *ASKING):
                    raise found from error
            else:
                return self.listing
        raise AssertionError("unreachable")

    async def call(
        self,
        name: str,
        arguments: dict[str, Any],
        *,
        digest: str,
        fresh: float,
        tell: Tell | None = None,
        asker: door.Asker | None = None,
    ) -> Result:
        """Call the tool if it is still the one behind `digest`; `asker` asks models meanwhile, where the server asks any.

        Raises Fault (nothing was sent), Changed, Interrupted.
        """
        came = time.monotonic()
        async with self._turn():
            waited = time.monotonic() - came
            listing = await self.tools(fresh=fresh)
            tool = listing.get(name)
            if tool is None or (digest and tool.digest != digest):
                raise Changed(listing)
            self._busy += 1
            try:
                return replace(await self._alone(name, arguments, tell, asker), waited=waited)
            finally:
                self._busy -= 1
                self._used_at = time.monotonic()

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Raises Fault when none is free within CALL_QUEUE_SECONDS: whoever waits for ever says nothing to anybody."""
        try:
            async with asyncio.timeout(settings.CALL_QUEUE_SECONDS):
                await self._turns.acquire()
        except TimeoutError as error:
            raise Fault(BUSY, {"seconds": settings.CALL_QUEUE_SECONDS}) from error
        try:
            yield
        finally:
            self._turns.release()

    async def _alone(
        self, name: str, arguments: dict[str, Any], tell: Tell | None, asker: door.Asker | None
    ) -> Result:
        """A session in which a call did not come to its end is given up: what that call still asks is no other call's."""
        guest = self._guest
        if guest is None:
            return await self._answered(name, arguments, tell)
        ended = False
        with guest.during(asker):
            try:
                result = await self._answered(name, arguments, tell)
                ended = True
            finally:
                if not ended and self._guest is guest:
                    self._give_up()
        return result

    async def _answered(self, name: str, arguments: dict[str, Any], tell: Tell | None) -> Result:
        from mcp import MCPError

        async def progress(done: float, total: float | None, message: str | None) -> None:
            if tell:
                tell(done, total, (message or "")[:200])

        seconds = self.target.timeout
        try:
            async with asyncio.timeout(seconds):
                answer = await self._client.call_tool(name, arguments, progress_callback=progress)
            return as_data(answer)
        except MCPError as error:
            if error.code == UNSENT and self._line and self._line.refused:
                raise self._line.refused from error  # this one call was not taken; others may be under way
            if error.code in (-32000, -32001):
                raise Interrupted(await self._failed(error, seconds)) from error
            shown = self._line.target if self._line else self.target
            return Result(text=shown.redacted(error.message)[:2000], is_error=True)
        except Exception as error:
            raise Interrupted(await self._failed(error, seconds)) from error

    async def close(self) -> None:
        """End the session and everything that it started."""
        self._close.set()
        await self._ended()

    async def _connected(self) -> Any:
        self._used_at = time.monotonic()
        if self.state == READY:
            return self._client
        async with self._opening:
            if self.state == DOWN:
                await self._ended()
                await self._wait_or_refuse()
                self._opened = asyncio.get_running_loop().create_future()
                self._owner = asyncio.create_task(self._own(self._opened), name=f"mcp {self.target.name}")
                self.state = CONNECTING
            assert self._opened
            await asyncio.shield(self._opened)
        return self._client

    async def _ended(self) -> None:
        """Wait for the owner of a session that is coming to its end."""
        if self._owner is not None and not self._owner.done():
            await asyncio.wait([self._owner], timeout=END_SECONDS)

    async def _wait_or_refuse(self) -> None:
        left = self._not_before - time.monotonic()
        if left > SOON_SECONDS:
            raise Fault("waiting", {"seconds": round(left)}) from self.fault
        if left > 0:
            await asyncio.sleep(left)

    async def _own(self, opened: "asyncio.Future[None]") -> None:
        line, began = Line(self.target), time.monotonic()
        self._line, self._close = line, asyncio.Event()
        try:
            self._let_in(line)
            await self._live(line, opened)
            self._failures = self._failures if line.over.is_set() and not _lasted(began) else 0
        except Exception as error:  # noqa: BLE001 - whatever it is, it is said to whoever waits
            self.fault = line.fault(error, seconds=settings.MCP_CONNECT_SECONDS)
            if not opened.done():
                opened.set_exception(self.fault)
                opened.exception()  # heard, also when nobody waits any more
            self._failures = 1 if _lasted(began) else self._failures + 1
        finally:
            self._down()
            self._let_out()
            pause = FIRST_PAUSE_SECONDS * 2 ** (self._failures - 1) if self._failures else 0.0
            self._not_before = time.monotonic() + min(LONGEST_PAUSE_SECONDS, pause)

    def _let_in(self, line: Line) -> None:
        if self.target.asks:
            self._guest = door.admit()
            line.target = replace(self.target, environment=self.target.environment | self._guest.environment)

    def _let_out(self) -> None:
        guest, self._guest = self._guest, None
        if guest:
            door.dismiss(guest)

    async def _live(self, line: Line, opened: "asyncio.Future[None]") -> None:
        async with asyncio.timeout(settings.MCP_CONNECT_SECONDS) as limit, line.client(self._heard) as client:
            await self._list(client)
            limit.reschedule(None)
            self._client, self.state, self.fault = client, READY, None
            opened.set_result(None)
            await self._until_over(line)
            self._down()
            if line.over.is_set() and not self._close.is_set():
                raise Ended

    async def _until_over(self, line: Line) -> None:
        """Until the line breaks, somebody closes it, or nobody has used it for long."""
        while not (line.over.is_set() or self._close.is_set()):
            waits = [asyncio.ensure_future(each.wait()) for each in (line.over, self._close)]
            idle = max(0.05, self._used_at + settings.MCP_IDLE_SECONDS - time.monotonic())
            await asyncio.wait(waits, timeout=idle, return_when=asyncio.FIRST_COMPLETED)
            for each in waits:
                each.cancel()
            if not self._busy and time.monotonic() - self._used_at >= settings.MCP_IDLE_SECONDS:
                return

    async def _list(self, client: Any) -> None:
        self.listing = await listed(client)
        self._listed_at = time.monotonic()

    async def _heard(self, message: Any) -> None:
        """A server that says its tools have changed is asked again before the next call."""
        if getattr(message, "method", "") == "notifications/tools/list_changed":
            self._listed_at = -math.inf

    def _down(self) -> None:
        self.state, self._client, self._listed_at = DOWN, None, -math.inf

    def _give_up(self) -> None:
        self._down()
        self._close.set()

    async def _failed(self, error: BaseException, seconds: float) -> Fault:
        """What went wrong. Unless the server was merely slow, its session is given up."""
        if isinstance(error, asyncio.TimeoutError) or getattr(error, "code", 0) == -32001:
            return Fault("silent", {"seconds": round(seconds)})
        self._give_up()
        await self._ended()  # only then the end of the server's log is known
        assert self._line
        return self._line.fault(error, seconds=seconds)


def _lasted(began: float) -> bool:
    return time.monotonic() - began > STEADY_SECONDS
