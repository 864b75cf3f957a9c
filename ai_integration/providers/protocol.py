"""OpenAI's protocol, for the providers that speak it."""

import os
from base64 import b64decode
from typing import TYPE_CHECKING, Any

from ai_integration import outbound
from ai_integration.providers import Connection, Drawn
from ai_integration.providers.listing import NotThisProtocol, fetch, names, post

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

NO_KEY = "not-needed"


def build(model: str, connection: Connection, *, address: str) -> "ChatOpenAI":
    from langchain_openai import ChatOpenAI

    # Retries and timeouts are the gateway's, so that they are counted and can be cancelled in one place.
    return ChatOpenAI(
        model=model,
        base_url=connection.base_url or address or None,
        api_key=connection.api_key or NO_KEY,
        max_retries=0,
        use_responses_api=False,
        stream_usage=True,
        http_async_client=outbound.shared_client(os.getpid(), connection.guarded),
    )


async def list_models(connection: Connection, *, address: str) -> list[str]:
    """The names behind GET /models. Raises Refused, NotThisProtocol, or what the connection raises."""
    key = {"Authorization": f"Bearer {connection.api_key}"} if connection.api_key else {}
    listed = await fetch(connection, f"{connection.base_url or address}/models", key)
    return names(listed, "data", "id")


def shaped(chat: Any, name: str, schema: dict[str, Any]) -> Any:
    form = {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}
    return chat.bind(extra_body={"response_format": form})


def capped(chat: Any, tokens: int) -> Any:
    return chat.bind(max_tokens=tokens)


async def draw(model: str, connection: Connection, prompt: str, *, address: str) -> Drawn:
    key = {"Authorization": f"Bearer {connection.api_key}"} if connection.api_key else {}
    asked = {"model": model, "prompt": prompt, "n": 1, "size": "1024x1024"}
    told = await post(connection, f"{connection.base_url or address}/images/generations", key, asked)
    try:
        used = told.get("usage") or {}
        content = b64decode(told["data"][0]["b64_json"], validate=True)
        return Drawn(content, int(used.get("input_tokens", 0)), int(used.get("output_tokens", 0)))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise NotThisProtocol from error
