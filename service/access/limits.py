"""How many requests a caller may make: counted in Redis, for all processes together.

`limits` counts, in a sliding window, at the Redis that has the caller's key. Which one that is in a cluster, and what
becomes of one that is away, is the cache's to know: `limits` would leave it to redis-py's cluster client, which does
not get to know a cluster within a deadline (`service/cache/cluster.py`). Whether requests go on while Redis cannot
count them is a setting: a service that is open to readers rather serves a few too many; one that sells requests rather
waits.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import limits
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from service.cache import store
from service.cache.node import AWAY, BREAKER, Node, Purpose
from service.errors import LimitUnknownError
from service.resilience import CircuitBreaker, Listener
from service.settings import Settings

NAME = "default"
# Not one that opens for slow commands: a request that has to be counted waits for it until the deadline.
PURPOSE = Purpose("rate-limits", BREAKER)


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

    def __init__(
        self,
        settings: Settings,
        rule: str,
        listeners: Sequence[Listener] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._item = limits.parse(rule)
        self._store = store.create(settings, listeners, clock, PURPOSE)
        self._limiters: WeakKeyDictionary[Node, SlidingWindowCounterRateLimiter] = WeakKeyDictionary()
        self._refuses_unknown = settings.rate_limit_unknown == "refuse"

    async def open(self) -> None:
        """Look at the Redis; in a cluster learn who has which keys, which takes longer than a request may wait.

        Raises ConfigurationError when it answers and is not what `redis_mode` says.
        """
        await self._store.open()

    async def count(self, who: str) -> Standing | None:
        """Count a request of this caller; None when nobody can count and it may go on all the same.

        Raises LimitUnknownError when it may not.
        """
        # As `limits` makes it: both keys of a caller, of the present window and of the one before, have this tag.
        key = f"{{{self._item.key_for(who)}}}"
        try:
            return await self._store.at(key, lambda node: node.call(self._counted, self._limiter(node), who))
        except AWAY as error:
            if self._refuses_unknown:
                raise LimitUnknownError("requests cannot be counted now") from error
            return None

    def breakers(self) -> Sequence[CircuitBreaker]:
        """Those in front of the Redis now; a cluster's nodes come and go."""
        return self._store.breakers()

    async def close(self) -> None:
        """Close the connections."""
        await self._store.close()

    def _limiter(self, node: Node) -> SlidingWindowCounterRateLimiter:
        if node not in self._limiters:
            # It has the connections of the node; its address is not looked at then.
            storage = RedisStorage("async+redis://", implementation="redispy", connection_pool=node.connections)  # type: ignore[arg-type] # passed on
            self._limiters[node] = SlidingWindowCounterRateLimiter(storage)
        return self._limiters[node]

    async def _counted(self, limiter: SlidingWindowCounterRateLimiter, who: str) -> Standing:
        allowed = await limiter.hit(self._item, who)
        reset_at, remaining = await limiter.get_window_stats(self._item, who)
        # A second at least: whoever is told to wait for none comes back at once.
        reset_s = max(math.ceil(reset_at - time.time()), 1)
        return Standing(allowed, self._item.amount, self._item.get_expiry(), max(remaining, 0), reset_s)
