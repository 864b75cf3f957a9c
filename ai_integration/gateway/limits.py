"""How many calls one server may have to answer at a time: over all processes by Redis where there is one, else in this one.

A place is held for a short while and renewed, so that a process that dies gives its places back.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
import random
import uuid
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Any

from django.conf import settings

from ai_integration.errors import ProviderFailed
from ai_integration.providers import Connection, Reference
from ai_integration.states import Ending

logger = logging.getLogger(__name__)
HELD_MS = 15_000
RENEWED_SECONDS = 5
FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS = 0.01, 0.25
# One movement: forget whoever is gone, then sit down if there is room. The clock is Redis' own.
TAKE = """
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms)
if redis.call('ZSCORE', KEYS[1], ARGV[1]) or redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('ZADD', KEYS[1], ms + tonumber(ARGV[3]), ARGV[1])
  redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[3]) * 2)
  return 1
end
return 0
"""


@contextlib.asynccontextmanager
async def place(reference: Reference, way: Connection) -> AsyncIterator[None]:
    """Wait for one's turn at the server. Raises ProviderFailed when it does not come within CALL_QUEUE_SECONDS."""
    if reference.provider == "builtin":
        yield
        return
    key = _key(reference, way)
    try:
        async with asyncio.timeout(settings.CALL_QUEUE_SECONDS) as waiting:
            async with contextlib.AsyncExitStack() as stack:
                await stack.enter_async_context(_local(os.getpid(), key, settings.AI_CONCURRENCY))
                if settings.REDIS_URL:
                    await stack.enter_async_context(_shared(key))
                waiting.reschedule(None)
                yield
    except TimeoutError:
        if waiting.expired():
            reason = f"no turn at the server within {settings.CALL_QUEUE_SECONDS} s"
            raise ProviderFailed(ending=Ending.DOWN, details={"reason": reason}) from None
        raise


def _key(reference: Reference, way: Connection) -> str:
    told = repr((reference.provider, way.base_url, way.credential_id and str(way.credential_id)))
    return f"hisho:turns:{hashlib.sha256(told.encode()).hexdigest()[:24]}"


@lru_cache(maxsize=256)
def _local(_pid: int, _key: str, limit: int) -> asyncio.Semaphore:
    return asyncio.Semaphore(limit)


@contextlib.asynccontextmanager
async def _shared(key: str) -> AsyncIterator[None]:
    who = uuid.uuid4().hex
    if not await _sat_down(key, who):
        yield  # Redis is away: this process' own limit holds all the same
        return
    renewing = asyncio.create_task(_renewed(key, who))
    try:
        yield
    finally:
        renewing.cancel()
        with contextlib.suppress(Exception):
            await asyncio.shield(_redis(os.getpid()).zrem(key, who))


async def _sat_down(key: str, who: str) -> bool:
    pause = FIRST_LOOK_SECONDS
    while True:
        try:
            if await _take(key, who):
                return True
        except Exception as error:  # noqa: BLE001 - whatever ails Redis must not stop the work
            logger.warning("Turns are not shared between processes: %s", type(error).__name__)
            return False
        await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311 - jitter
        pause = min(pause * 2, LAST_LOOK_SECONDS)


async def _renewed(key: str, who: str) -> None:
    while True:
        await asyncio.sleep(RENEWED_SECONDS)
        with contextlib.suppress(Exception):
            await _take(key, who)


async def _take(key: str, who: str) -> bool:
    return bool(await _redis(os.getpid()).eval(TAKE, 1, key, who, settings.AI_CONCURRENCY, HELD_MS))


@lru_cache(maxsize=2)
def _redis(_pid: int) -> Any:
    """One client per process: all of it lives on the gateway's loop."""
    from redis.asyncio import Redis

    patience = settings.REDIS_PATIENCE_SECONDS
    return Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=patience, socket_timeout=patience, max_connections=64
    )
