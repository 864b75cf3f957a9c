"""A call to a tool through the platform, beside the bare client of the SDK, against the same real server, in one run.

Three ways, in turn: the bare client on its own loop, the manager (session, pin, limits), and the whole gate (policy, the
record's intent and outcome in the database). Target: the gate at most 10 ms (median) over the bare client.
Run it with `make bench`, or: python -m benchmarks.mcp [calls]
"""

import asyncio
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.house import house

CALLS = 200
WARM = 10
TOOL, ARGUMENTS = "read", dict[str, Any]()


def main() -> None:
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else CALLS
    with house() as made:
        ways = {"bare client": _bare(), **_ours(made.user)}
        took: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(calls + WARM):
            for name, call in ways.items():
                started = time.perf_counter()
                call()
                if number >= WARM:
                    took[name].append((time.perf_counter() - started) * 1000)
        base = statistics.median(took["bare client"])
        print(f"{calls} calls each, in turn, milliseconds: median (95th percentile), over the bare client")
        for name, each in took.items():
            middle, late = statistics.median(each), sorted(each)[int(len(each) * 0.95)]
            print(f"{name:34} {middle:7.2f} ({late:7.2f})  {middle - base:+7.2f}")
        _close()


def _command() -> list[str]:
    return [sys.executable, "-I", str(Path(__file__).parent.parent / "tests" / "hostile.py")]


def _bare() -> Callable[[], Any]:
    """The SDK's own client, held open on a loop of its own."""
    from mcp import Client, StdioServerParameters

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    ready = threading.Event()
    held: list[Any] = []

    async def hold() -> None:
        command = _command()
        async with Client(StdioServerParameters(command=command[0], args=command[1:])) as client:
            held.append(client)
            ready.set()
            await asyncio.Event().wait()

    asyncio.run_coroutine_threadsafe(hold(), loop)
    ready.wait(60)
    return lambda: asyncio.run_coroutine_threadsafe(held[0].call_tool(TOOL, ARGUMENTS), loop).result()


def _ours(user: Any) -> dict[str, Callable[[], Any]]:
    from ai_integration import gateway
    from ai_integration.gateway import loop
    from ai_integration.mcp import manager
    from ai_integration.services import Purpose, mcp_server_create, tool_approve

    server = gateway.connect(user, mcp_server_create(user, name="bench", command=_command()))
    digest = server.tools.get(name=TOOL).digest
    tool_approve(user, server, TOOL, digest=digest, policy="allow")
    target = gateway.connecting.target_of(server)

    def managed(fresh: float) -> Callable[[], Any]:
        return lambda: loop.run(manager.call(target, TOOL, ARGUMENTS, digest=digest, fresh=fresh))

    def gate() -> Any:
        purpose = Purpose(key=f"bench:{uuid4()}", job="tool", owner_id=user.pk)
        return gateway.call_tool(purpose, gateway.Asked("bench", TOOL, ARGUMENTS))

    return {
        "manager": managed(30.0),
        "manager, listing again each time": managed(0.0),
        "gate: policy, memo, manager": gate,
    }


def _close() -> None:
    from ai_integration.gateway import loop
    from ai_integration.mcp import manager

    loop.run(manager.close_all())


if __name__ == "__main__":
    main()
