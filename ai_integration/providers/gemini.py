"""Google Gemini. GOOGLE_GEMINI_BASE_URL, or a stored address, leads the key to another server of its protocol."""

import json
import os
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ai_integration import outbound
from ai_integration.providers import Connection, Drawn, Spec
from ai_integration.providers.listing import NotThisProtocol, fetch, names, post

if TYPE_CHECKING:
    from langchain_google_genai import ChatGoogleGenerativeAI

ADDRESS = "https://generativelanguage.googleapis.com"
VERSION = "v1beta"
NO_KEY = "not-needed"
DRAWS = "gemini-2.5-flash-image"
SPEC = Spec(
    "gemini",
    "Google Gemini",
    needs_key=True,
    takes_key=True,
    takes_address=True,
    address=ADDRESS,
    key_variable="GEMINI_API_KEY",
    address_variable="GOOGLE_GEMINI_BASE_URL",
    example="gemini-3.5-flash",
)


def build(model: str, connection: Connection) -> "ChatGoogleGenerativeAI":
    from google.genai import Client
    from google.genai.types import HttpOptions
    from langchain_google_genai import ChatGoogleGenerativeAI

    key, address = connection.api_key or NO_KEY, _address(connection)
    chat = ChatGoogleGenerativeAI(
        model=model, api_key=key, base_url=address, api_version=VERSION, vertexai=False, max_retries=1
    )
    line = outbound.shared_client(os.getpid(), connection.guarded)
    options = HttpOptions(base_url=address, api_version=VERSION, httpx_async_client=line)
    chat.client = Client(api_key=key, vertexai=False, http_options=options)
    return chat


async def list_models(connection: Connection) -> list[str]:
    headers = {"x-goog-api-key": connection.api_key or NO_KEY}
    address = f"{_address(connection)}/{VERSION}/models?pageSize=1000"
    listed = await fetch(connection, address, headers, reason=_reason)
    try:
        able = [each for each in listed["models"] if "generateContent" in each["supportedGenerationMethods"]]
    except (KeyError, TypeError) as error:
        raise NotThisProtocol from error
    return [name.removeprefix("models/") for name in names({"models": able}, "models", "name")]


def shaped(chat: Any, _name: str, schema: dict[str, Any]) -> Any:
    return chat.bind(response_mime_type="application/json", response_json_schema=schema)


def capped(chat: Any, tokens: int) -> Any:
    return chat.bind(max_output_tokens=tokens)


async def draw(model: str, connection: Connection, prompt: str) -> Drawn:
    asked = {
        "contents": [{"role": "user", "parts": [{"text": prompt}]}],
        "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]},
    }
    address = f"{_address(connection)}/{VERSION}/models/{quote(model, safe='')}:generateContent"
    told = await post(connection, address, {"x-goog-api-key": connection.api_key or NO_KEY}, asked)
    try:
        used = told.get("usageMetadata") or {}
        parts = told["candidates"][0]["content"]["parts"]
        content = next(each["inlineData"]["data"] for each in parts if "inlineData" in each)
        counts = int(used.get("promptTokenCount", 0)), int(used.get("candidatesTokenCount", 0))
        return Drawn(b64decode(content, validate=True), *counts)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise NotThisProtocol from error


def _address(connection: Connection) -> str:
    # The SDK adds the version itself; people paste addresses with it.
    return (connection.base_url or ADDRESS).removesuffix(f"/{VERSION}")


def _reason(body: bytes) -> str:
    """Google's own word for a refusal: a key that is wrong answers 400, as a wrong request does."""
    try:
        details: Any = json.loads(body)["error"]["details"]
        return next((each["reason"] for each in details if "reason" in each), "")
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
