"""The broker, which carries jobs to the workers: whether it takes any, as far as this process has found out."""

import asyncio
import logging
import os

import redis.asyncio
from django.conf import settings

logger = logging.getLogger(__name__)

# Seconds that it may take to answer.
PATIENCE = 3.0
# What is written to see whether anything can be; a Redis that is full, or a replica, still answers a ping.
KEY = "playground.takes-jobs"


class Broker:
    def __init__(self) -> None:
        self.takes_jobs = True

    async def check(self) -> bool:
        """Find out by putting something in. Logged when it is news."""
        reason = await self._refusal()
        if self.takes_jobs and reason:
            logger.error("The broker takes no jobs: %s", reason)
        elif reason is None and not self.takes_jobs:
            logger.warning("The broker takes jobs again")
        self.takes_jobs = reason is None
        return self.takes_jobs

    async def _refusal(self) -> str | None:
        if not settings.REDIS_URL:
            writable = await asyncio.to_thread(os.access, settings.VAR_DIR, os.W_OK)
            return None if writable else "its folder cannot be written"
        try:
            async with asyncio.timeout(PATIENCE), redis.asyncio.from_url(settings.REDIS_URL) as server:
                await server.set(KEY, "1", ex=60)
        except (redis.RedisError, OSError, TimeoutError) as error:
            # The address has a password in it; what Redis says has not.
            return f"{type(error).__name__}: {error}"
        return None


broker = Broker()
