"""The sessions of this process, one per server. Everything here runs on the gateway's loop."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psutil

from ai_integration.gateway import loop
from ai_integration.mcp import door
from ai_integration.mcp.faults import Fault
from ai_integration.mcp.results import Result
from ai_integration.mcp.sessions import DOWN, Session, Tell
from ai_integration.mcp.targets import Listed, Target
from ai_integration.mcp.warden import MARK
from foundation.core.draining import on_drain
from foundation.core.forks import after_fork
from foundation.core.processes import is_gone

_sessions: dict[UUID, Session] = {}
_swept = False


@dataclass(frozen=True)
class Health:
    """How this process stands with a server: `state` is down, connecting or ready."""

    state: str
    fault: Fault | None = None


async def tools(target: Target, *, fresh: float = 0.0) -> dict[str, Listed]:
    """What the server offers. Raises Fault."""
    return await (await _session(target)).tools(fresh=fresh)


async def call(
    target: Target,
    name: str,
    arguments: dict[str, Any],
    *,
    digest: str,
    fresh: float,
    tell: Tell | None = None,
    asker: door.Asker | None = None,
) -> Result:
    """See `Session.call`."""
    session = await _session(target)
    return await session.call(name, arguments, digest=digest, fresh=fresh, tell=tell, asker=asker)


def health(server_id: UUID) -> Health:
    session = _sessions.get(server_id)
    return Health(session.state, session.fault) if session else Health(DOWN)


async def close(server_id: UUID) -> None:
    """End the session of one server, if there is one."""
    session = _sessions.pop(server_id, None)
    if session:
        await session.close()


async def close_all() -> None:
    """End every session, and close the door at which they asked models."""
    await asyncio.gather(*(close(each) for each in list(_sessions)))
    await door.close()


async def _session(target: Target) -> Session:
    await _sweep_once()
    known = _sessions.get(target.server_id)
    if known and known.target.fingerprint == target.fingerprint:
        known.target = target
        return known
    made = _sessions[target.server_id] = Session(target)
    if known:
        await known.close()
    return made


async def _sweep_once() -> None:
    global _swept  # noqa: PLW0603 - once per process
    if not _swept:
        _swept = True
        await asyncio.to_thread(sweep)


def sweep() -> int:
    """End what servers have left behind whose wardens were killed; returns how many processes that were."""
    ended = 0
    for process in psutil.process_iter(["pid"]):
        with suppress(psutil.Error, OSError):
            warden = process.environ().get(MARK, "").partition(":")[0]
            if warden.isdecimal() and is_gone(int(warden)):
                process.kill()
                ended += 1
    return ended


def _leave() -> None:
    if _sessions:
        asyncio.run_coroutine_threadsafe(close_all(), loop.loop())


def _another_process() -> None:
    global _sessions, _swept
    _sessions, _swept = {}, False


on_drain(_leave)
after_fork(_another_process)
