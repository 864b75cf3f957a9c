"""Hints between processes over Redis, by sockets that open and work while Redis is away: the feed polls then."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.exceptions import RedisError

AGAIN_SECONDS = 2.0
logger = logging.getLogger(__name__)


class PatientLayer(RedisPubSubChannelLayer):
    """channels_redis asks Redis before it lets a socket in; here a socket is let in, and Redis is asked beside it."""

    async def new_channel(self, prefix: str = "specific.") -> str:
        return f"{self.prefix}{prefix}{uuid4().hex}"

    async def receive(self, channel: str) -> Any:
        received = self.__getattr__("receive")  # that of the layer of this loop
        while True:
            try:
                return await received(channel)
            except (RedisError, OSError) as error:
                logger.debug("Hints stay away (%s)", error.__class__.__name__)
                await asyncio.sleep(AGAIN_SECONDS)
