"""Calls of tools in writing: for a model whose server holds an answer to a schema, but knows nothing of tools.

Such a server leaves the tools out without a word, so that its model never calls one. Where the model's profile says that it
can `structured` and not `tools`, the tools are described to it and its answer is a Step of that schema.
"""

import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from ai_integration import providers
from ai_integration.catalogue import Profile
from ai_integration.gateway.structure import lean
from ai_integration.gateway.tooling import LONGEST_TEXT

LONGEST_WORDS = 120  # characters of what a model says beside its calls: the work itself is written afterwards
AT_ONCE = 1  # so weak a model is shown what came of one call before it asks for another
INSTRUCTION = (
    "You cannot call a tool directly. Answer with JSON: `calls` holds the tool to call now, with `name` and `arguments`, and "
    "is empty when nothing more is needed; `text` is one short sentence. The tools:"
)


def wanted(profile: Profile) -> bool:
    """Whether this model is asked in writing."""
    return "structured" in profile.can and "tools" not in profile.can


class Written:
    """Stands where `Tooled` stands; see there. A server that refuses the schema is not asked in another way."""

    streams = False
    bound = True

    def __init__(self, chat: Any, provider: str, tools: Sequence[Mapping[str, Any]]) -> None:
        held = providers.shaped(chat, provider, "Step", schema_of(tools)) or chat
        self.chat = _InWriting(held, tools)

    def refused(self, _error: Exception) -> bool:
        return False


class _InWriting:
    def __init__(self, chat: Any, tools: Sequence[Mapping[str, Any]]) -> None:
        self._chat, self._tools = chat, tools

    async def ainvoke(self, messages: list[dict[str, Any]]) -> SimpleNamespace:
        told = [_plain(each) for each in messages]
        message = await self._chat.ainvoke(
            [*told[:1], {"role": "system", "content": _offer(self._tools)}, *told[1:]]
        )
        return SimpleNamespace(
            text=message.text[: LONGEST_TEXT * 2],
            usage_metadata=message.usage_metadata,
            response_metadata={},
        )


def schema_of(tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A Step whose calls can only be of these tools, with arguments of their schemas."""
    each = [
        {
            "type": "object",
            "properties": {"name": {"const": tool["name"]}, "arguments": lean(tool["parameters"])},
            "required": ["name", "arguments"],
            "additionalProperties": False,
        }
        for tool in (given["function"] for given in tools)
    ]
    return {
        "type": "object",
        "properties": {
            "calls": {"type": "array", "items": {"anyOf": each}, "maxItems": AT_ONCE},
            "text": {"type": "string", "maxLength": LONGEST_WORDS},
        },
        "required": ["calls", "text"],
        "additionalProperties": False,
    }


def _offer(tools: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        f"- {tool['name']}: {tool['description']} Arguments: {json.dumps(tool['parameters'].get('properties', {}))}"
        for tool in (given["function"] for given in tools)
    ]
    return "\n".join([INSTRUCTION, *lines])


def _plain(message: Mapping[str, Any]) -> dict[str, Any]:
    """What was called and answered, as words: the server has no messages for that."""
    if message["role"] == "tool":
        return {"role": "user", "content": f"A tool answered: {message['content']}"}
    if message.get("tool_calls"):
        asked = [each["function"] for each in message["tool_calls"]]
        calls = [{"name": each["name"], "arguments": json.loads(each["arguments"])} for each in asked]
        return {"role": "assistant", "content": json.dumps({"calls": calls, "text": message["content"]})}
    return dict(message)
