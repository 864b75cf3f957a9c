"""A server of tools that asks models while one of its tools is called, as PAL does, and as one would not wish it.

    python -I tests/asker.py

It asks with nothing but what its environment tells it: CUSTOM_API_URL, CUSTOM_API_KEY.
"""

import http.client
import json
import os
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import CallToolResult, ListToolsResult, TextContent, Tool


def post(body: Any) -> tuple[int, Any]:
    place = urlsplit(os.environ["CUSTOM_API_URL"])
    line = http.client.HTTPConnection(place.netloc, timeout=60)
    key = {"Authorization": f"Bearer {os.environ['CUSTOM_API_KEY']}", "Content-Type": "application/json"}
    line.request("POST", f"{place.path}/chat/completions", json.dumps(body), key)
    answer = line.getresponse()
    return answer.status, json.loads(answer.read())


def ask(given: dict[str, Any]) -> str:
    """One request after the other; what came back is the answer."""
    return json.dumps([post(each) for each in given["requests"]])


def environment(_given: dict[str, Any]) -> str:
    return json.dumps(dict(os.environ))


def straggle(given: dict[str, Any]) -> str:
    """Never answers, and goes on asking meanwhile and ever after."""

    def go_on() -> None:
        number = 0
        while True:
            number += 1
            post(given["request"] | {"messages": [{"role": "user", "content": f"straggler {number}"}]})
            time.sleep(0.02)

    threading.Thread(target=go_on, daemon=True).start()
    time.sleep(600)
    return "never"


TOOLS: dict[str, Callable[[dict[str, Any]], str]] = {
    each.__name__: each for each in (ask, environment, straggle)
}


async def listed(_context: Any, _params: Any) -> ListToolsResult:
    return ListToolsResult(
        tools=[Tool(name=name, description=name, input_schema={"type": "object"}) for name in TOOLS]
    )


async def called(_context: Any, params: Any) -> CallToolResult:
    text = await anyio.to_thread.run_sync(TOOLS[params.name], params.arguments or {})
    return CallToolResult(content=[TextContent(type="text", text=text)])


async def serve() -> None:
    server = Server("asker", on_list_tools=listed, on_call_tool=called)
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


if __name__ == "__main__":
    anyio.run(serve)
