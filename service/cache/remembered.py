"""Answers kept in Redis, which a request waits for once, to read, and never beyond a short deadline.

Promises: concurrent misses of one key compute once; a Redis that is dead, hangs or is out of memory is the same as
a miss; one that is dead, hangs or is slow is left alone after a few requests; no request waits for its answer to be
kept; requests that mean the same share a key; keys of different operations, corpora or generations never collide, so
that what was computed before an invalidation is never given after it, whenever it is stored.
"""

import functools
import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from service.cache import store
from service.cache.answers import Answers, Compute, NoAnswers
from service.cache.flights import Flights, Keep
from service.cache.generations import Generations
from service.cache.node import AWAY
from service.errors import NotFoundError
from service.resilience import CircuitBreaker, Listener
from service.settings import Settings

JITTER = 0.2
"""Lifetimes differ by up to this share, so that keys filled together do not expire together."""
FOUND, MISSING = b"+", b"-"
"""The first byte of everything kept: an answer follows, or why there is none."""


class RedisAnswers:
    """Remembers in Redis."""

    def __init__(
        self,
        settings: Settings,
        version: str,
        *,
        listeners: Sequence[Listener] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._negative_ttl_s = settings.cache_negative_ttl_s
        self.keep_for(settings.cache_ttl_s)
        self._generations = Generations(version)
        self._store = store.create(settings, listeners, clock)
        self._flights = Flights()

    async def open(self) -> None:
        """Look at the Redis. Raises ConfigurationError when it answers and is not what `redis_mode` says."""
        await self._store.open()

    async def get_or_compute(self, operation: str, request: Mapping[str, object], compute: Compute) -> bytes:
        """Answer from Redis; on a miss compute once for all who ask at the same moment.

        Raises what `compute` raises. NotFoundError alone is remembered, by its text.
        """
        if not self._lifetimes_s[FOUND]:
            return await compute()
        key = self._key(operation, request)
        keep: Keep | None = functools.partial(self._keep, key)
        try:
            kept = await self._store.get(key)
        except AWAY:
            # Who could not read does not try to write: a Redis that hangs costs one deadline, not two.
            kept, keep = None, None
        if kept is None:
            kept = await self._flights.run(key, functools.partial(_encoded, compute), keep)
        return _decoded(kept)

    def invalidate(self, version: str, workspace: str | None = None) -> None:
        """From now on give no answer of another version than this: of the workspace, or of everything."""
        self._generations.advance(version, workspace)

    def keep_for(self, seconds: float) -> None:
        """Keep answers for so long from now on, and that there is none no longer than that; 0 keeps and gives none."""
        self._lifetimes_s = {FOUND: seconds, MISSING: min(seconds, self._negative_ttl_s)}

    def breakers(self) -> Sequence[CircuitBreaker]:
        """The breaker in front of the Redis; in a cluster one for each node, and one for finding any."""
        return self._store.breakers()

    async def healthy(self) -> bool:
        """Whether Redis, in a cluster each of its nodes, answers a PING within the deadline."""
        return await self._store.healthy()

    async def close(self) -> None:
        """Have kept what was computed, and close the connections."""
        await self._flights.settle()
        await self._store.close()

    async def _keep(self, key: str, value: bytes) -> None:
        lifetime_ms = max(int(self._lifetimes_s[value[:1]] * 1000 * random.uniform(1 - JITTER, 1)), 1)
        with suppress(*AWAY):
            await self._store.set(key, value, lifetime_ms)

    def _key(self, operation: str, request: Mapping[str, object]) -> str:
        text = json.dumps([self._generations.of(request), request], sort_keys=True, separators=(",", ":"))
        # The 2 tells these values from those without a first byte.
        return f"docaiche:2:{operation}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


async def _encoded(compute: Compute) -> bytes:
    try:
        return FOUND + await compute()
    except NotFoundError as error:
        return MISSING + str(error).encode()


def _decoded(kept: bytes) -> bytes:
    if kept[:1] == MISSING:
        raise NotFoundError(kept[1:].decode())
    return kept[1:]


def create(settings: Settings, version: str, listeners: Sequence[Listener] = ()) -> Answers:
    """What the knob `cache` asks for; answers of another `version` are never given.

    `listeners` are told what its breakers do.
    """
    return RedisAnswers(settings, version, listeners=listeners) if settings.cache else NoAnswers()
