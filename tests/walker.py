"""A server of tools that says how far it is.

    python -I tests/walker.py GO

`walk` reports two of four steps, waits until the file GO is there, and then takes the others. `count` reports a thousand times.
"""

import sys
from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import CallToolResult, ListToolsResult, TextContent, Tool

PAUSE = 0.02


async def walk(session: Any) -> str:
    for number in range(1, 5):
        await session.report_progress(number, 4, f"<b>step</b> {number}")
        while number == 2 and not await anyio.Path(sys.argv[1]).exists():  # noqa: ASYNC110 - it is a file
            await anyio.sleep(PAUSE)
    return "arrived"


async def count(session: Any) -> str:
    for number in range(1000):
        await session.report_progress(number, None, None)
    return "counted"


TOOLS = {each.__name__: each for each in (walk, count)}


async def listed(_context: Any, _params: Any) -> ListToolsResult:
    tools = [Tool(name=name, description=name, input_schema={"type": "object"}) for name in TOOLS]
    return ListToolsResult(tools=tools)


async def called(context: Any, params: Any) -> CallToolResult:
    text = await TOOLS[params.name](context.session)
    return CallToolResult(content=[TextContent(type="text", text=text)])


async def serve() -> None:
    server = Server("walker", on_list_tools=listed, on_call_tool=called)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


if __name__ == "__main__":
    anyio.run(serve)
