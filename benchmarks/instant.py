"""A model that answers as fast as it is told to: the least that a plan, a piece of work and a review can be."""

import asyncio
import json
from typing import Any

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from ai_integration.providers import Connection, Spec

INDEPENDENT_TASKS = 8
PLAN = {
    "title": "Plan",
    "items": [
        {"key": f"t{number}", "title": f"Task {number}", "role": "調査"}
        for number in range(INDEPENDENT_TASKS)
    ],
}
WORK = {"body": "Done.", "citations": [], "evidence": [], "gaps": []}
VERDICT = {"revise": [], "findings": [], "summary": "Good."}
ANSWERS = {
    name: json.dumps(answer) for name, answer in {"plan": PLAN, "work": WORK, "review": VERDICT}.items()
}


class Instant(BaseChatModel):
    """Thinks `seconds` per call; a title that ends in `… 2.5 s` says how long its own task takes."""

    seconds: float = 0.0

    @property
    def _llm_type(self) -> str:
        return "instant"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any
    ) -> ChatResult:
        return self._answer(json.loads(str(messages[-1].content))["job"])

    async def _agenerate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **_: Any
    ) -> ChatResult:
        brief = json.loads(str(messages[-1].content))
        seconds = self._seconds(brief)
        if seconds:
            await asyncio.sleep(seconds)
        return self._answer(brief["job"])

    def _answer(self, job: str) -> ChatResult:
        usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        message = AIMessage(content=ANSWERS[job], usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _seconds(self, brief: dict[str, Any]) -> float:
        words = brief["item"]["title"].split() if brief["job"] == "work" else []
        return float(words[-2]) if words[-1:] == ["s"] else self.seconds


SPEC = Spec("instant", "Instant")


def build(model: str, _connection: Connection) -> Instant:
    """`instant:0`, `instant:1`: the seconds that each call takes."""
    return Instant(seconds=float(model))


def shaped(_chat: Instant, _name: str, _schema: dict[str, Any]) -> None:
    """It has the shape by itself."""


def capped(chat: Instant, _tokens: int) -> Instant:
    return chat
