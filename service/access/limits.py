"""How many requests a caller may make: counted in Redis, for all processes together.

`limits` counts, in a sliding window. Whether requests go on while Redis cannot count them is a setting: a service
that is open to readers rather serves a few too many; one that sells requests rather waits.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from urllib.parse import urlsplit

import limits
from limits.aio.storage import RedisClusterStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from service.errors import LimitUnknownError
from service.resilience import BreakerConfig, CircuitBreaker, CircuitOpenError, Listener
from service.settings import Settings
from service.telemetry import Timed

NAME = "default"
BREAKER = BreakerConfig(window_s=10.0, minimum_calls=3, recovery_timeout_s=1.0, half_open_calls=1)
"""A Redis that is gone is asked once a second, not by every request until its deadline."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands after a request that was counted."""

    allowed: bool
    limit: int
    window_s: int
    remaining: int
    reset_s: int
    """Until a request is free again."""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """As draft-ietf-httpapi-ratelimit-headers-10 has it: the policy, and what is left of it."""
        return [
            (b"ratelimit-policy", f'"{NAME}";q={self.limit};w={self.window_s}'.encode()),
            (b"ratelimit", f'"{NAME}";r={self.remaining};t={self.reset_s}'.encode()),
        ]


class RateLimits:
    """One limit for each caller."""

    def __init__(self, settings: Settings, rule: str, listeners: Sequence[Listener] = ()) -> None:
        self._item = limits.parse(rule)
        self._storage = _storage(settings)
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._deadline_s = settings.cache_deadline_s
        self._refuses_unknown = settings.rate_limit_unknown == "refuse"
        self.breaker = CircuitBreaker("rate-limits", BREAKER, listeners=listeners)

    async def count(self, who: str) -> Standing | None:
        """Count a request of this caller; None when nobody can count and it may go on all the same.

        Raises LimitUnknownError when it may not.
        """
        try:
            with Timed("cache"):
                return await self.breaker.call(self._counted, who)
        except (CircuitOpenError, RedisError, OSError, TimeoutError) as error:
            if self._refuses_unknown:
                raise LimitUnknownError("requests cannot be counted now") from error
            return None

    async def close(self) -> None:
        """Close the connections."""
        await self._storage.bridge.storage.aclose()  # type: ignore[attr-defined] # redis-py's bridge has one

    async def _counted(self, who: str) -> Standing:
        async with asyncio.timeout(self._deadline_s):
            allowed = await self._limiter.hit(self._item, who)
            reset_at, remaining = await self._limiter.get_window_stats(self._item, who)
        # A second at least: whoever is told to wait for none comes back at once.
        reset_s = max(math.ceil(reset_at - time()), 1)
        return Standing(allowed, self._item.amount, self._item.get_expiry(), max(remaining, 0), reset_s)


def _storage(settings: Settings) -> RedisStorage:
    """Where requests are counted: in the Redis, or the Redis Cluster, of the cache."""
    if settings.redis_mode == "single":
        return RedisStorage(f"async+{settings.redis_urls[0]}", implementation="redispy")
    parts = [urlsplit(url) for url in settings.redis_urls]
    # The nodes share a user and a password: what each URL says of them is the same.
    user, at, _ = parts[0].netloc.rpartition("@")
    places = ",".join(f"{part.hostname}:{part.port or 6379}" for part in parts)
    return RedisClusterStorage(
        f"async+redis+cluster://{user}{at}{places}", implementation="redispy", ssl=parts[0].scheme == "rediss"
    )
