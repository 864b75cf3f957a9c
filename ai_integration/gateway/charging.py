"""What a server of tools asks models while one of its tools is called.

It is asked in the name of that tool call: for the same person, secretary and work, under their budgets, with a record of its
own. Whoever asks gets the words of the answer, or an error without anything that is not theirs to know.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any, Literal

from django.db import connection
from django.utils import translation
from pydantic import BaseModel, ValidationError

from ai_integration.errors import BudgetExceeded, CallCancelled
from ai_integration.gateway.calls import complete
from ai_integration.gateway.plain import Said
from ai_integration.mcp import pal
from ai_integration.mcp.door import Answer, refusal
from ai_integration.models import CallRecord
from ai_integration.providers import parse
from ai_integration.selectors import serves_everybody
from ai_integration.services import Purpose
from ai_integration.states import TOOL_MODEL
from foundation.core.canonical import sha256_of
from foundation.core.errors import DomainError

logger = logging.getLogger(__name__)
LONGEST_HEAD = 150  # characters of the tool call's own key
FAILED = (
    424  # PAL would ask four times over after 429 or 5xx, and all the tries there are have been made here
)


class Part(BaseModel):
    """A piece of a message. Of the kinds that there are, only text is taken."""

    type: str
    text: str = ""


class Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]


class Request(BaseModel):
    """A chat completion as OpenAI's protocol asks for it. What is not named here (temperature, max_tokens, …) is the gateway's."""

    model: str
    messages: list[Message]
    stream: bool = False
    n: int = 1
    tools: list[Any] | None = None


class Refused(Exception):
    """The request cannot be taken as it is."""

    def __init__(self, status: int, message: str, code: str) -> None:
        super().__init__(message)
        self.answer = refusal(status, message, code)


class Charge:
    """Asks models for one tool call (`Asker`). `over_budget` says that one of them was not asked because of a budget."""

    def __init__(self, purpose: Purpose, call: CallRecord) -> None:
        self._purpose, self._call = purpose, call
        self._language = translation.get_language()
        self._lock = threading.Lock()
        self._used: set[tuple[str, int]] = set()
        self._failed: dict[str, DomainError] = {}
        self.over_budget: BudgetExceeded | None = None

    def ask(self, body: bytes, over: threading.Event) -> Answer:
        try:
            with translation.override(self._language):
                return self._told(body, over)
        except Exception:
            logger.exception("A tool's question to a model broke")
            return refusal(FAILED, "Something broke inside the platform.", "internal")
        finally:
            connection.close()

    def _told(self, body: bytes, over: threading.Event) -> Answer:
        """The answer, or why there is none: without reasons, which may name budgets, servers and limits."""
        try:
            return self._answered(read(body), over)
        except Refused as error:
            return error.answer
        except (BudgetExceeded, CallCancelled) as error:
            return refusal(error.status, str(type(error).message), error.code)
        except DomainError as error:
            return refusal(FAILED, str(error), error.code)

    def _answered(self, asked: Request, over: threading.Event) -> Answer:
        reference, messages = _reference(asked.model), [_plain(each) for each in asked.messages]
        if not self._wanted(over):
            raise CallCancelled
        if self.over_budget:
            raise self.over_budget
        digest = sha256_of({"model": reference, "messages": messages})[:24]
        if digest in self._failed:
            raise self._failed[digest]  # the gateway has tried all that it tries
        with self._numbered(digest) as number:
            record = self._paid(digest, number, reference, messages, over)
        return _completion(asked.model, record)

    @contextmanager
    def _numbered(self, digest: str) -> Iterator[int]:
        """Which of several like requests this is: the same words may be asked twice on purpose, and are then paid twice."""
        with self._lock:
            number = next(each for each in count() if (digest, each) not in self._used)
            self._used.add((digest, number))
        try:
            yield number
        except BaseException:
            with self._lock:
                self._used.discard((digest, number))
            raise

    def _paid(
        self, digest: str, number: int, reference: str, messages: list[dict[str, str]], over: threading.Event
    ) -> CallRecord:
        purpose = replace(
            self._purpose,
            key=f"{self._head}:ask:{digest}:{number}",
            job=TOOL_MODEL,
            wanted=lambda: self._wanted(over),
            context={"tool": self._call.model, "tool_call": str(self._call.pk)},
        )
        try:
            return complete(purpose, model=reference, messages=messages, shape=Said).call
        except CallCancelled:
            raise
        except BudgetExceeded as error:
            self.over_budget = error
            raise
        except DomainError as error:
            self._failed[digest] = error
            raise

    @property
    def _head(self) -> str:
        key = self._call.key
        return key if len(key) <= LONGEST_HEAD else f"call:{self._call.pk}"

    def _wanted(self, over: threading.Event) -> bool:
        return not over.is_set() and (self._purpose.wanted is None or self._purpose.wanted())


def read(body: bytes) -> Request:
    """Raises Refused for what is no request, and for what no model is asked here."""
    try:
        asked = Request.model_validate_json(body)
    except ValidationError as error:
        where = ".".join(str(each) for each in error.errors()[0]["loc"])
        raise Refused(
            400, f"This is no request for a chat completion ({where}).", "invalid_request"
        ) from error
    if asked.stream:
        raise Refused(400, "Answers are not streamed here. Ask without “stream”.", "stream_not_supported")
    if asked.n != 1 or asked.tools:
        raise Refused(400, "One answer in words is given here: no tools, no second choice.", "not_supported")
    return asked


def _plain(message: Message) -> dict[str, str]:
    role = "system" if message.role == "developer" else message.role
    if isinstance(message.content, str):
        return {"role": role, "content": message.content}
    if any(each.type != "text" for each in message.content):
        raise Refused(400, "Pictures and files are not taken here, only text.", "only_text")
    return {"role": role, "content": "\n".join(each.text for each in message.content)}


def _reference(name: str) -> str:
    """Our name for the model. Raises Refused for what is not in the catalogue, or serves not everybody (any more)."""
    found = pal.references(pal.home()).get(name, "")
    if not found or parse(found).provider == "builtin" or not serves_everybody(parse(found)):
        raise Refused(404, "There is no such model.", "model_not_found")
    return found


def _completion(name: str, record: CallRecord) -> Answer:
    message = {"role": "assistant", "content": (record.answer or {}).get("text", "")}
    came, went = record.tokens_in, record.tokens_out
    return Answer(
        200,
        {
            "id": f"chatcmpl-{record.pk}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": name,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": came, "completion_tokens": went, "total_tokens": came + went},
        },
    )
