"""The built-in secretary as a LangChain chat model. The only module of the package that imports LangChain."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import BaseModel, Field, ValidationError

from ai_integration import jobs
from ai_integration.builtin import text, vocabulary
from ai_integration.builtin.discuss import do_moderate, do_speak
from ai_integration.builtin.minutes import do_minutes
from ai_integration.builtin.plan import make_plan
from ai_integration.builtin.review import review_work
from ai_integration.builtin.work import do_work

MODEL_NAME = "builtin"
PIECE = 24
_OPENING = re.compile(r"\{")
MAX_OPENINGS = 200
_WORKERS: dict[str, Callable[[Any], BaseModel]] = {
    "plan": make_plan,
    "work": do_work,
    "review": review_work,
    "speak": do_speak,
    "moderate": do_moderate,
    "minutes": do_minutes,
}


class BuiltinSecretary(BaseChatModel):
    """Answers the brief in the last human message with the JSON of its answer; generates nothing.

    `delay_ms` makes every call wait that long, for tests and demonstrations that need time to pass. `pace_ms` is waited
    after every piece of a streamed answer: it has nothing to think about, but whoever watches wants to read along.
    """

    delay_ms: int = Field(default=0, ge=0)
    pace_ms: int = Field(default=0, ge=0)

    @property
    def _llm_type(self) -> str:
        return MODEL_NAME

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": MODEL_NAME}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        time.sleep(self.delay_ms / 1000)
        return _result(answer(messages))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        await asyncio.sleep(self.delay_ms / 1000)
        return _result(await asyncio.to_thread(answer, messages))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        time.sleep(self.delay_ms / 1000)
        for chunk in _chunks(answer(messages)):
            if run_manager:
                run_manager.on_llm_new_token(str(chunk.message.content), chunk=chunk)
            yield chunk
            time.sleep(self.pace_ms / 1000)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        await asyncio.sleep(self.delay_ms / 1000)
        for chunk in _chunks(await asyncio.to_thread(answer, messages)):
            if run_manager:
                await run_manager.on_llm_new_token(str(chunk.message.content), chunk=chunk)
            yield chunk
            await asyncio.sleep(self.pace_ms / 1000)


def answer(messages: list[BaseMessage]) -> str:
    """The JSON answer to the brief in the last human message, or a plain sentence when there is no readable one."""
    said = next(
        (_content(message) for message in reversed(messages) if isinstance(message, HumanMessage)), ""
    )
    brief = read_brief(said)
    if brief is None:
        return vocabulary.say("no_brief", "ja" if text.is_japanese(said) or not said.strip() else "en")
    return _WORKERS[brief.job](brief).model_dump_json()


def _content(message: BaseMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = (part if isinstance(part, str) else str(part.get("text", "")) for part in message.content)
    return "\n".join(parts)


def read_brief(said: str) -> Any:
    """The brief that a message holds, bare, fenced or within prose; None when none of its objects is one."""
    decoder = json.JSONDecoder()
    at, tried = 0, 0
    while tried < MAX_OPENINGS and (opening := _OPENING.search(said, at)):
        tried += 1
        try:
            found, at = decoder.raw_decode(said, opening.start())
        except (json.JSONDecodeError, RecursionError):
            at = opening.end()
            continue
        brief = _validated(found)
        if brief is not None:
            return brief
    return None


def _validated(found: object) -> jobs.Shape | None:
    job = found.get("job") if isinstance(found, dict) else None
    shape = jobs.BRIEFS.get(job) if isinstance(job, str) else None
    if shape is None:
        return None
    try:
        return shape.model_validate(found)
    except ValidationError:
        return None


def _usage() -> UsageMetadata:
    return UsageMetadata(input_tokens=0, output_tokens=0, total_tokens=0)


def _result(content: str) -> ChatResult:
    message = AIMessage(
        content=content, usage_metadata=_usage(), response_metadata={"model_name": MODEL_NAME}
    )
    return ChatResult(generations=[ChatGeneration(message=message)])


def _chunks(content: str) -> Iterator[ChatGenerationChunk]:
    """The answer in pieces; the last one, empty, carries usage and model name and says that it is the last."""
    for start in range(0, len(content), PIECE):
        yield ChatGenerationChunk(message=AIMessageChunk(content=content[start : start + PIECE]))
    last = AIMessageChunk(
        content="",
        usage_metadata=_usage(),
        response_metadata={"model_name": MODEL_NAME},
        chunk_position="last",
    )
    yield ChatGenerationChunk(message=last)
