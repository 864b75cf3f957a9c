"""Asking a model that may call tools. Its answer is made a `Step`, so that memo, tries and record are those of every call."""

import json
from types import SimpleNamespace
from typing import Any

from ai_integration.faults import chain, status_of, words_of

MOST_CALLS = 8
LONGEST_TEXT = 20_000


class Tooled:
    """Stands where `Structure` stands. A server that knows no tools is asked without them; then nothing is called."""

    streams = False

    def __init__(self, chat: Any, with_tools: Any) -> None:
        self._plain = _Told(chat)
        self.bound = True
        self.chat = _Told(with_tools)

    def refused(self, error: Exception) -> bool:
        said = " ".join(words_of(each) for each in chain(error)).lower()
        if not self.bound or status_of(error) not in (400, 404, 422, 500, 501) or "tool" not in said:
            return False
        self.bound, self.chat = False, self._plain
        return True


class _Told:
    """A chat model whose messages tell, as JSON, what they say and which tools they ask for."""

    def __init__(self, chat: Any) -> None:
        self._chat = chat

    async def ainvoke(self, messages: Any) -> SimpleNamespace:
        message = await self._chat.ainvoke(messages)
        calls = [_call(each) for each in message.tool_calls]
        calls += [_broken(each) for each in message.invalid_tool_calls]
        step = {"text": message.text[:LONGEST_TEXT], "calls": calls[:MOST_CALLS]}
        text = json.dumps(step, ensure_ascii=False, default=str)
        return SimpleNamespace(text=text, usage_metadata=message.usage_metadata, response_metadata={})


def _call(given: Any) -> dict[str, Any]:
    return {"id": str(given.get("id") or ""), "name": given["name"], "arguments": given["args"]}


def _broken(given: Any) -> dict[str, Any]:
    said = {"id": str(given.get("id") or ""), "name": str(given.get("name") or "-"), "arguments": {}}
    return said | {"problem": "The arguments are not a JSON object."}
