"""The other side of the protocol: tools and resources of the platform, served to whoever may use them.

Only the protocol is here. What there is to use, and who may, the rooms above say.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError

from foundation.core.errors import DomainError, Invalid

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

logger = logging.getLogger(__name__)

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Served:
    """A tool: `takes` is the shape of its arguments, `run(user, arguments)` does it, on a thread of its own."""

    name: str
    takes: type[BaseModel]
    run: Callable[[Any, Any], dict[str, Any]]
    description: str
    reads_only: bool = False


@dataclass(frozen=True)
class Document:
    """A text that can be read by its address."""

    uri: str
    name: str
    mime: str = "text/markdown"


@dataclass(frozen=True)
class Offer:
    """Everything that is served under one name. `listed(user)` names documents, `read(user, uri)` gives one's text."""

    name: str
    instructions: str
    tools: list[Served]
    listed: Callable[[Any], list[Document]]
    read: Callable[[Any, str], str]
    templates: list[Document] = field(default_factory=list)


class Serving:
    """ASGI: answers one request each, without sessions; `scope["user"]` is who asks."""

    def __init__(self, offer: Offer, thread: Callable[..., Awaitable[Any]]) -> None:
        self._offer, self._thread = offer, thread
        self._tools = {each.name: each for each in offer.tools}
        self._manager: Any = None
        self._owner: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        manager = await self._running()
        await manager.handle_request(scope, receive, send)

    async def _running(self) -> Any:
        """The SDK's manager, on the loop that serves: its task group belongs to a task of its own."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._owner is None or self._owner.done():
            from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

            self._loop = loop
            self._manager = StreamableHTTPSessionManager(self._server(), stateless=True, json_response=True)
            ready = loop.create_future()
            self._owner = loop.create_task(_run(self._manager, ready), name="mcp serving")
            await ready
        return self._manager

    def _server(self) -> "Server[Any]":
        from mcp import types
        from mcp.server.lowlevel import Server

        async def tools(_context: Any, _params: Any) -> Any:
            return types.ListToolsResult(tools=[_described(each) for each in self._offer.tools])

        async def call(context: Any, params: Any) -> Any:
            return await self._call(context.request.scope["user"], params.name, params.arguments or {})

        async def resources(context: Any, _params: Any) -> Any:
            found = await self._thread(self._offer.listed, context.request.scope["user"])
            return types.ListResourcesResult(
                resources=[
                    types.Resource(uri=each.uri, name=each.name, mime_type=each.mime) for each in found
                ]
            )

        async def templates(_context: Any, _params: Any) -> Any:
            known = [
                types.ResourceTemplate(uri_template=each.uri, name=each.name, mime_type=each.mime)
                for each in self._offer.templates
            ]
            return types.ListResourceTemplatesResult(resource_templates=known)

        async def read(context: Any, params: Any) -> Any:
            return await self._read(context.request.scope["user"], str(params.uri))

        return Server(
            self._offer.name,
            version="1",
            instructions=self._offer.instructions,
            on_list_tools=tools,
            on_call_tool=call,
            on_list_resources=resources,
            on_list_resource_templates=templates,
            on_read_resource=read,
        )

    async def _call(self, user: Any, name: str, arguments: dict[str, Any]) -> Any:
        from mcp import types

        try:
            answer = await self._thread(self._checked, user, name, arguments)
        except DomainError as error:
            told = {"code": error.code, "message": str(error), "details": error.details}
            text = json.dumps({"error": told}, ensure_ascii=False, default=str)
            return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)
        text = json.dumps(answer, ensure_ascii=False, default=str)
        block = types.TextContent(type="text", text=text)
        return types.CallToolResult(content=[block], structured_content=json.loads(text))

    def _checked(self, user: Any, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        tool = self._tools.get(name)
        if tool is None:
            raise Invalid(_("There is no such tool."), details={"tool": [name[:100]]})
        try:
            given = tool.takes.model_validate(arguments)
        except ValidationError as error:
            wrong = {
                ".".join(map(str, each["loc"])) or "arguments": [each["msg"]] for each in error.errors()[:20]
            }
            raise Invalid(details=wrong) from error
        return tool.run(user, given)

    async def _read(self, user: Any, uri: str) -> Any:
        from mcp import MCPError, types

        try:
            text = await self._thread(self._offer.read, user, uri)
        except DomainError as error:
            raise MCPError(code=-32002, message=str(error)) from error
        content = types.TextResourceContents(uri=uri, mime_type="text/markdown", text=text)
        return types.ReadResourceResult(contents=[content])


async def _run(manager: Any, ready: "asyncio.Future[None]") -> None:
    async with manager.run():
        ready.set_result(None)
        await asyncio.Event().wait()


def _described(tool: Served) -> Any:
    from mcp import types

    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.takes.model_json_schema(),
        annotations=types.ToolAnnotations(read_only_hint=tool.reads_only, destructive_hint=False),
    )
