"""Answers kept in Redis: beyond a short deadline, a request is never slower than without them.

Promises: concurrent misses of one key compute once; a Redis that is dead, slow or out of memory is the same as
a miss; requests that mean the same share a key; keys of different operations or corpora never collide.
"""

import asyncio
import hashlib
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from service.cache.answers import Answers, Compute, NoAnswers
from service.cache.flights import Flights
from service.settings import Settings
from service.telemetry import Timed

T = TypeVar("T")
JITTER = 0.2
"""Lifetimes differ by up to this share, so that keys filled together do not expire together."""
COOL_DOWN_S = 1.0
"""After Redis failed, requests go on without it for this long; they do not each wait out the deadline."""
CONNECTIONS = 32
"""More commands at a time than this wait, within their deadline, for one of them."""


class RedisAnswers:
    """Remembers in Redis."""

    def __init__(self, settings: Settings, corpus_version: str) -> None:
        self._ttl_s = settings.cache_ttl_s
        self._deadline_s = settings.cache_deadline_s
        self._corpus_version = corpus_version
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            settings.redis_url.get_secret_value(),
            max_connections=CONNECTIONS,
            # A retry would wait longer than computing the answer.
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = redis.asyncio.Redis.from_pool(pool)
        self._flights = Flights()
        self._avoid_until = 0.0

    async def get_or_compute(self, operation: str, request: Mapping[str, object], compute: Compute) -> bytes:
        """Answer from Redis; on a miss compute once for all who ask at the same moment."""
        key = self._key(operation, request)
        remembered = await self._within_deadline(lambda: self._redis.get(key))
        if isinstance(remembered, bytes):
            return remembered
        answer, computed_here = await self._flights.run(key, compute)
        if computed_here:
            await self._remember(key, answer)
        return answer

    async def healthy(self) -> bool:
        """Whether Redis answers a PING within the deadline."""
        try:
            async with asyncio.timeout(self._deadline_s):
                return bool(await self._redis.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _remember(self, key: str, answer: bytes) -> None:
        lifetime_ms = max(int(self._ttl_s * 1000 * random.uniform(1 - JITTER, 1)), 1)
        await self._within_deadline(lambda: self._redis.set(key, answer, px=lifetime_ms))

    async def _within_deadline(self, call: Callable[[], Awaitable[T]]) -> T | None:
        clock = asyncio.get_running_loop().time
        if clock() < self._avoid_until:
            return None
        with Timed("cache"):
            try:
                async with asyncio.timeout(self._deadline_s):
                    return await call()
            except (RedisError, OSError, TimeoutError):
                self._avoid_until = clock() + COOL_DOWN_S
                return None

    def _key(self, operation: str, request: Mapping[str, object]) -> str:
        text = json.dumps([self._corpus_version, request], sort_keys=True, separators=(",", ":"))
        return f"docaiche:{operation}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def create(settings: Settings, corpus_version: str) -> Answers:
    """What the knob `cache` asks for; answers of another `corpus_version` are never given."""
    return RedisAnswers(settings, corpus_version) if settings.cache else NoAnswers()
