"""Asking a server for JSON: which models it has, or a picture. Of bounded size, and no redirect is followed."""

import json
from typing import Any

from ai_integration import outbound
from ai_integration.providers import Connection

LIST_SECONDS = 10
LARGEST_LIST = 4 * 1024 * 1024
LARGEST_PICTURE = 32 * 1024 * 1024
LONGEST_NAME = 80


class NotThisProtocol(Exception):
    """Something answered, but not as the provider's protocol says."""


class Refused(Exception):
    """The server answered with `status_code`. Its words are left behind: some quote the key."""

    def __init__(self, status: int, reason: str = "") -> None:
        self.status_code, self.reason = status, reason
        super().__init__(f"HTTP {status}")


async def fetch(connection: Connection, address: str, headers: dict[str, str], *, reason: Any = None) -> Any:
    """The JSON at `address`; `reason(body)` may find a word for a refusal.

    Raises Refused, NotThisProtocol, or whatever goes wrong with the connection.
    """
    async with (
        outbound.client(guarded=connection.guarded, timeout=LIST_SECONDS) as client,
        client.stream("GET", address, headers=headers) as answer,
    ):
        body = await _read(answer, LARGEST_LIST)
        if answer.status_code != 200:
            raise Refused(answer.status_code, reason(body) if reason else "")
    return _json(body)


async def post(connection: Connection, address: str, headers: dict[str, str], body: dict[str, Any]) -> Any:
    """The JSON that answers `body`: for what LangChain's chat models do not ask. Raises as `fetch` does."""
    async with (
        outbound.client(guarded=connection.guarded, timeout=None) as client,
        client.stream("POST", address, headers=headers, json=body) as answer,
    ):
        if answer.status_code != 200:
            raise Refused(answer.status_code)
        return _json(await _read(answer, LARGEST_PICTURE))


def names(listed: Any, key: str, field: str) -> list[str]:
    """The strings in `listed[key][…][field]`. Raises NotThisProtocol."""
    try:
        found = [each[field] for each in listed[key]]
    except (KeyError, TypeError) as error:
        raise NotThisProtocol from error
    return sorted({name for name in found if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME})


async def _read(answer: Any, most: int) -> bytes:
    parts: list[bytes] = []
    async for piece in answer.aiter_bytes():
        parts.append(piece)
        most -= len(piece)
        if most < 0:
            raise NotThisProtocol
    return b"".join(parts)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotThisProtocol from error
