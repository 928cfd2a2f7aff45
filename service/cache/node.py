"""One Redis: its connections, the deadline of every command, and the breaker in front of it.

A Redis that is away, hangs or is slow costs a few requests the deadline at most, and nothing once the circuit is open.
"""

import dataclasses
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ClusterDownError, RedisError, ResponseError

from service.cache.deadline import Deadline
from service.errors import ConfigurationError
from service.resilience import BreakerConfig, CircuitBreaker, CircuitOpenError, Listener, Timeout

P = ParamSpec("P")
T = TypeVar("T")

AWAY = (RedisError, OSError, TimeoutError, CircuitOpenError)
"""What a command raises that was not served."""
CONNECTIONS = 32
"""More commands at a time than this wait, within their deadline, for one of them."""
FIRST_S = 1.0
"""Longest that the first look at a Redis may take: nobody waits for an answer yet."""


def is_failure(error: Exception) -> bool:
    """Whether Redis was away: a refusal (out of memory, not this node's key) comes from one that works and is quick.

    A cluster that is down refuses, too, and will refuse the next command as well.
    """
    return isinstance(error, ClusterDownError) or not isinstance(error, ResponseError)


BREAKER = BreakerConfig(
    # Short, or under load the successes of the past would outweigh for long that all calls fail now.
    window_s=2.0,
    # A pause of half a second is waited out; longer ones are not, since each request pays its deadline meanwhile.
    failure_rate_threshold=0.25,
    minimum_calls=3,
    # For answers there is a bound, see `answers`; who needs the reply itself waits for it until the deadline.
    slow_call_s=math.inf,
    recovery_timeout_s=1.0,
    recovery_jitter=0.2,
    # One request tries, and pays for it when it was too early.
    half_open_calls=1,
    half_open_wait_s=1.0,
    record=is_failure,
)

SLOW = 0.4
"""A command that takes more than this share of its deadline is slow: 20 ms of 50. Computing an answer takes 2 to 3 ms
with all tunings and tens of milliseconds without any, so a hit that takes longer than that saves nothing and a miss
costs it in addition. Not less, because a busy event loop makes commands to a quick Redis take longer, too, and a cache
must not be lost to the load that it takes away."""
NEARLY_ALL = 0.9
"""The share of commands that are slow where Redis is; of those that only a busy event loop holds up some are quick."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What Redis is used for: how its breakers are called, and when they open."""

    name: str
    breaker: BreakerConfig


def answers(deadline_s: float) -> Purpose:
    """Answers are kept there, and each command has this deadline."""
    slow = dataclasses.replace(BREAKER, slow_call_s=SLOW * deadline_s, slow_call_rate_threshold=NEARLY_ALL)
    return Purpose("redis", slow)


class Node:
    """A `Store` in one Redis, or in one of a cluster."""

    def __init__(
        self,
        url: str,
        deadline_s: float,
        *,
        listeners: Sequence[Listener],
        clock: Callable[[], float],
        purpose: Purpose | None = None,
    ) -> None:
        self.url = url
        purpose = purpose or answers(deadline_s)
        self.breaker = CircuitBreaker(f"{purpose.name} {place(url)}", purpose.breaker, listeners=listeners, clock=clock)
        self._deadline = Deadline(deadline_s)
        self.connections = redis.asyncio.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            # A retry would wait longer than computing the answer.
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = redis.asyncio.Redis.from_pool(self.connections)

    async def open(self) -> None:
        """Raise ConfigurationError if a Redis answers that is a node of a cluster; most keys would be refused."""
        try:
            enabled = await Timeout(FIRST_S).call(self._redis.info, "cluster")
        except AWAY:
            return
        if enabled.get("cluster_enabled"):
            raise ConfigurationError(
                f"DOCAICHE_REDIS_URL names a node of a Redis Cluster ({place(self.url)}); set "
                "DOCAICHE_REDIS_MODE=cluster or name a Redis that stands alone."
            )

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function answers that asks this Redis, within the deadline and behind the breaker.

        Raises what AWAY lists.
        """
        return await self.breaker.call(self._deadline.call, fn, *args, **kwargs)

    async def at(self, key: str, ask: Callable[["Node"], Awaitable[T]]) -> T:  # noqa: ARG002 - every key is here
        """What `ask` answers, given the node of a key. Raises what AWAY lists."""
        return await ask(self)

    async def get(self, key: str) -> bytes | None:
        """What is kept under a key, if anything. Raises what AWAY lists."""
        kept = await self.breaker.call(self._deadline.call, self._redis.get, key)
        return kept if isinstance(kept, bytes) else None

    async def set(self, key: str, value: bytes, lifetime_ms: int) -> None:
        """Keep a value for a while. Raises what AWAY lists."""
        await self.breaker.call(self._deadline.call, self._redis.set, key, value, px=lifetime_ms)

    def breakers(self) -> Sequence[CircuitBreaker]:
        """The one in front of it."""
        return (self.breaker,)

    async def healthy(self) -> bool:
        """Whether Redis answers a PING within the deadline; whatever the breaker thinks."""
        try:
            return bool(await self._deadline.call(self._redis.ping))
        except AWAY:
            return False

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def place(url: str) -> str:
    """Host and port of a URL: never the password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
