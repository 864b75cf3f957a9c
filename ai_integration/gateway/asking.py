"""One question to one model, on the gateway's loop: tries, pauses, silence, and how a failure is told."""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from ai_integration.errors import ProviderFailed
from ai_integration.faults import is_blocked, is_too_long, retry_after, status_of
from ai_integration.gateway.answers import holds_json
from ai_integration.gateway.paying import Taken
from ai_integration.gateway.streaming import Growing
from ai_integration.states import Ending

TRIES = 3
FIRST_PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 20  # the longest pause that is waited where another model could answer instead
LONGEST_ANSWER = 2_000_000  # characters: more than any model may say
FINISHES = ("finish_reason", "stop_reason")


class Silent(Exception):
    """Nothing came for longer than CALL_SILENCE_SECONDS."""


class Flood(Exception):
    """An answer that does not end."""


class BrokenOff(Exception):
    """The stream ended before the answer did."""


@dataclass
class Reply(Taken):
    """What came back, and what it took. `first_token_ms` counts from the question."""

    text: str = ""
    begun: bool = False
    ended: bool = False
    reported: bool = False

    def add(self, message: Any) -> None:
        self.begun, used = True, message.usage_metadata or {}
        self.reported |= any(used.get(name) for name in ("input_tokens", "output_tokens"))
        self.text += message.text
        self.tokens_in += used.get("input_tokens", 0)
        self.tokens_out += used.get("output_tokens", 0)
        self.ended |= any(message.response_metadata.get(name) for name in FINISHES)


async def reply(
    asked: Any, messages: list[dict[str, str]], growing: Growing | None, tries: list[Taken], *, last: bool
) -> Reply:
    """One answer. CALL_TIMEOUT_SECONDS are for all tries together; `last` says that no other model stands by.

    Every try is added to `tries`, so that what it took is known however it ends. Raises ProviderFailed.
    """
    limit = settings.CALL_TIMEOUT_SECONDS
    try:
        async with asyncio.timeout(limit):
            patience = limit if last else min(limit, PATIENCE_SECONDS)
            return await _tried(asked, messages, growing, tries, patience)
    except TimeoutError as error:
        raise ProviderFailed(details={"reason": f"no answer within {limit} s"}) from error


async def _tried(
    asked: Any,
    messages: list[dict[str, str]],
    growing: Growing | None,
    tries: list[Taken],
    longest_pause: float,
) -> Reply:
    """One answer, tried again while the provider is away, after growing pauses or those that it asks for."""
    for attempt in range(1, TRIES + 1):
        try:
            return await _said_somehow(asked, messages, growing, tries)
        except Exception as error:  # noqa: BLE001 - every SDK has its own errors; none may carry a key further
            pause = _pause(error, attempt)
            if attempt == TRIES or not _worth_retrying(error) or pause > longest_pause:
                raise ProviderFailed(ending=_ending(error), details={"reason": _reason(error)}) from None
        await _wait(pause)
    raise AssertionError("unreachable")


async def _wait(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def _said_somehow(
    asked: Any, messages: list[dict[str, str]], growing: Growing | None, tries: list[Taken]
) -> Reply:
    """One answer; where the server cannot be held to a schema, one that is asked for in words."""
    try:
        return await _accounted(asked, messages, growing, tries)
    except Exception as error:
        if not asked.refused(error):
            raise
    return await _accounted(asked, messages, growing, tries)


async def _accounted(
    asked: Any, messages: list[dict[str, str]], growing: Growing | None, tries: list[Taken]
) -> Reply:
    """One answer, and whether what it took is known. A server that refused, or was not there, took nothing."""
    got = Reply()
    tries.append(got)
    try:
        await _said(asked, messages, growing, got)
    except Exception as error:
        got.known = not (got.begun or isinstance(error, Silent))
        raise
    got.known = got.reported
    return got


async def _said(asked: Any, messages: list[dict[str, str]], growing: Growing | None, got: Reply) -> None:
    started = time.monotonic()
    if not asked.streams and growing is None:
        got.add(await asked.chat.ainvoke(messages))
        return
    if growing:
        growing.begin()
    try:
        async for chunk in _while_it_speaks(asked.chat.astream(messages)):
            if got.first_token_ms is None and chunk.text:
                got.first_token_ms = int((time.monotonic() - started) * 1000)
            got.add(chunk)
            if len(got.text) > LONGEST_ANSWER:
                raise Flood
            if growing:
                growing.more(chunk.text)
        if not got.ended and asked.streams and not holds_json(got.text):
            raise BrokenOff
        if growing:
            growing.flush()
    finally:
        if growing:
            growing.end()


async def _while_it_speaks(chunks: Any) -> Any:
    """The chunks as they come. Raises Silent when the next one is too long in coming."""
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(settings.CALL_SILENCE_SECONDS) as silence:
            async for chunk in chunks:
                yield chunk
                silence.reschedule(clock() + settings.CALL_SILENCE_SECONDS)
    except TimeoutError as error:
        if silence.expired():
            raise Silent from error
        raise


def _pause(error: Exception, attempt: int) -> float:
    """Seconds to wait after the `attempt`-th failure; what the provider asks for in Retry-After counts."""
    own = FIRST_PAUSE_SECONDS * 2**attempt * (0.5 + random.random())  # noqa: S311 - jitter
    return max(own, retry_after(error) or 0)


def _worth_retrying(error: Exception) -> bool:
    status = status_of(error)
    if status is None:
        return not (is_blocked(error) or isinstance(error, Flood))
    return status in {408, 409, 425, 429} or status >= 500


def _ending(error: Exception) -> Ending:
    if is_too_long(error):
        return Ending.TOO_LONG
    status = status_of(error)
    if status in (402, 429):
        return Ending.LIMITED
    if is_blocked(error):
        return Ending.REFUSED
    return Ending.DOWN if status is None or status >= 500 or status == 408 else Ending.REFUSED


def _reason(error: Exception) -> str:
    # Only the kind and the status: SDK messages quote addresses, and some put the key into the address.
    status = status_of(error)
    kind = type(error).__name__
    if is_too_long(error):
        kind = "the request is longer than the model's context"
    elif is_blocked(error):
        kind = "this address may not be called from here"
    elif isinstance(error, Silent):
        kind = f"nothing came for {settings.CALL_SILENCE_SECONDS} s"
    elif isinstance(error, Flood):
        kind = "the answer did not end"
    elif isinstance(error, BrokenOff):
        kind = "the answer broke off in the middle"
    return f"{kind}{f' (HTTP {status})' if status else ''}"
