"""Anthropic (Claude). ANTHROPIC_BASE_URL, or a stored address, leads the key to another server of its protocol."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from ai_integration import outbound
from ai_integration.providers import Connection, Spec
from ai_integration.providers.listing import fetch, names

if TYPE_CHECKING:
    from langchain_anthropic import ChatAnthropic

ADDRESS = "https://api.anthropic.com"
VERSION = "2023-06-01"
NO_KEY = "not-needed"
SPEC = Spec(
    "anthropic",
    "Anthropic",
    needs_key=True,
    takes_key=True,
    takes_address=True,
    address=ADDRESS,
    key_variable="ANTHROPIC_API_KEY",
    address_variable="ANTHROPIC_BASE_URL",
    example="claude-sonnet-5-5",
)


def build(model: str, connection: Connection) -> "ChatAnthropic":
    return _kind()(
        model=model,
        base_url=_address(connection),
        api_key=connection.api_key or NO_KEY,
        max_retries=0,  # retries and timeouts are the gateway's
        stream_usage=True,
        guarded=connection.guarded,
    )


async def list_models(connection: Connection) -> list[str]:
    headers = {"x-api-key": connection.api_key or NO_KEY, "anthropic-version": VERSION}
    listed = await fetch(connection, f"{_address(connection)}/v1/models?limit=1000", headers)
    return names(listed, "data", "id")


def shaped(chat: Any, _name: str, schema: dict[str, Any]) -> Any:
    return chat.bind(response_format={"type": "json_schema", "json_schema": {"schema": schema}})


def capped(chat: Any, tokens: int) -> Any:
    return chat.bind(max_tokens=tokens)


def _address(connection: Connection) -> str:
    # The SDK adds /v1 itself; people paste addresses with it.
    return (connection.base_url or ADDRESS).removesuffix("/v1")


@cache
def _kind() -> type["ChatAnthropic"]:
    """ChatAnthropic over our own HTTP client, which follows no redirect and checks addresses that somebody typed in."""
    from functools import cached_property

    from anthropic import AsyncClient
    from langchain_anthropic import ChatAnthropic

    class OverOurClient(ChatAnthropic):
        guarded: bool = True

        @cached_property
        def _async_client(self) -> AsyncClient:
            line = outbound.shared_client(os.getpid(), self.guarded)
            return AsyncClient(**self._client_params, http_client=line)

    return OverOurClient
