"""Hints between processes over Redis, by sockets that open and work while Redis is away: the feed polls then."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings
from redis.exceptions import RedisError

AGAIN_SECONDS = 2.0
logger = logging.getLogger(__name__)


class PatientLayer(RedisPubSubChannelLayer):
    """channels_redis asks Redis before it lets a socket in; here a socket is let in, and Redis is asked beside it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._asking: set[asyncio.Task[None]] = (
            set()
        )  # a task that nobody holds may be collected before it ran

    async def new_channel(self, prefix: str = "specific.") -> str:
        layer = self._get_layer()
        channel = f"{layer.prefix}{prefix}{uuid4().hex}"
        layer.channels[channel] = asyncio.Queue()
        task = asyncio.create_task(_subscribe(layer, channel))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return channel


async def _subscribe(layer: Any, channel: str) -> None:
    """Until it works, or until the channel has been given up."""
    shard = layer._get_shard(channel)
    while channel in layer.channels:
        try:
            async with asyncio.timeout(settings.REDIS_PATIENCE_SECONDS):
                await shard.subscribe(channel)
                if channel not in layer.channels:  # given up meanwhile
                    await shard.unsubscribe(channel)
        except (RedisError, OSError) as error:
            logger.debug("Hints stay away (%s)", error.__class__.__name__)
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            return
