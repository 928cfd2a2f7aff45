"""Answers kept in Redis: a request is never slower, beyond a short deadline, than without them.

Promises: concurrent misses of one key compute once; a Redis that is dead, slow or full of rubbish is the same
as a miss; keys of different operations never collide.
"""

import asyncio
import hashlib
import json
import random
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from service.settings import Settings
from service.telemetry import timed

T = TypeVar("T")
Compute = Callable[[], Awaitable[bytes]]
JITTER = 0.2
"""Lifetimes differ by up to this share, so that keys filled together do not expire together."""
COOL_DOWN_S = 1.0
"""After Redis failed, requests go on without it for this long instead of each waiting out the deadline."""


class Answers(Protocol):
    """Something that remembers encoded answers."""

    async def get_or_compute(self, operation: str, request: dict[str, object], compute: Compute) -> bytes:
        """Answer what is remembered, or compute and remember it."""

    async def healthy(self) -> bool:
        """Whether it can remember at this moment."""

    async def close(self) -> None:
        """Let go of its connections."""


class NoAnswers:
    """Remembers nothing."""

    async def get_or_compute(self, operation: str, request: dict[str, object], compute: Compute) -> bytes:  # noqa: ARG002
        """Compute."""
        return await compute()

    async def healthy(self) -> bool:
        """Nothing can be wrong with it."""
        return True

    async def close(self) -> None:
        """Nothing to let go of."""


class RedisAnswers:
    """Remembers in Redis."""

    def __init__(self, settings: Settings) -> None:
        self._ttl_s = settings.cache_ttl_s
        self._deadline_s = settings.cache_deadline_s
        # A retry would wait longer than computing the answer.
        self._redis = redis.asyncio.from_url(settings.redis_url.get_secret_value(), retry=Retry(NoBackoff(), 0))
        self._computing: dict[str, asyncio.Future[bytes]] = {}
        self._avoid_until = 0.0

    async def get_or_compute(self, operation: str, request: dict[str, object], compute: Compute) -> bytes:
        """Answer from Redis; on a miss compute once for all who ask at the same moment."""
        key = _key(operation, request)
        remembered = await self._get(key)
        if remembered is not None:
            return remembered
        while (other := self._computing.get(key)) is not None:
            try:
                # Shielded: who gives up waiting must not cancel the computation for the others.
                return await asyncio.shield(other)
            except asyncio.CancelledError:
                # Whoever computed has given up, or we have been told to: only then we do too.
                if not other.cancelled():
                    raise
        return await self._compute(key, compute)

    async def healthy(self) -> bool:
        """Whether Redis answers a PING within the deadline."""
        try:
            async with asyncio.timeout(self._deadline_s * 4):
                return bool(await self._redis.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _compute(self, key: str, compute: Compute) -> bytes:
        mine: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        # Nobody may be waiting: then the exception is raised below and must not be reported as lost.
        mine.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._computing[key] = mine
        try:
            answer = await compute()
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError):
                mine.cancel()
            else:
                mine.set_exception(error)
            raise
        finally:
            del self._computing[key]
        mine.set_result(answer)
        await self._set(key, answer)
        return answer

    async def _get(self, key: str) -> bytes | None:
        found = await self._within_deadline(lambda: self._redis.get(key))
        return found if isinstance(found, bytes) else None

    async def _set(self, key: str, answer: bytes) -> None:
        lifetime_ms = int(self._ttl_s * 1000 * random.uniform(1 - JITTER, 1))
        await self._within_deadline(lambda: self._redis.set(key, answer, px=lifetime_ms))

    async def _within_deadline(self, call: Callable[[], Awaitable[T]]) -> T | None:
        clock = asyncio.get_running_loop().time
        if clock() < self._avoid_until:
            return None
        with timed("cache"):
            try:
                async with asyncio.timeout(self._deadline_s):
                    return await call()
            except (RedisError, OSError, TimeoutError):
                self._avoid_until = clock() + COOL_DOWN_S
                return None


def create(settings: Settings) -> Answers:
    """What the knob `cache` asks for."""
    return RedisAnswers(settings) if settings.cache else NoAnswers()


def _key(operation: str, request: dict[str, object]) -> str:
    text = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return f"docaiche:1:{operation}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
