"""Where answers are kept, and requests counted: one Redis or a Redis Cluster, by the setting `redis_mode`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from service.cache.cluster import Cluster
from service.cache.node import Node, Purpose
from service.resilience import CircuitBreaker, Listener
from service.settings import Settings

T = TypeVar("T")


class Store(Protocol):
    """Keeps bytes under keys for a while, and is quick or not there: `node.AWAY` lists how it says so."""

    async def open(self) -> None:
        """Look at what is there. Raises ConfigurationError when it is of the other mode."""

    async def get(self, key: str) -> bytes | None:
        """What is kept under a key, if anything."""

    async def set(self, key: str, value: bytes, lifetime_ms: int) -> None:
        """Keep a value for a while."""

    async def at(self, key: str, ask: Callable[[Node], Awaitable[T]]) -> T:
        """What `ask` answers, given the Redis that has a key, or would have it."""

    def breakers(self) -> Sequence[CircuitBreaker]:
        """Those in front of it now."""

    async def healthy(self) -> bool:
        """Whether all of it answers."""

    async def close(self) -> None:
        """Close the connections."""


def create(
    settings: Settings, listeners: Sequence[Listener], clock: Callable[[], float], purpose: Purpose | None = None
) -> Store:
    """What `redis_mode` asks for, by default for answers; nothing is opened yet.

    `listeners` and `clock` are for the breakers.
    """
    if settings.redis_mode == "cluster":
        return Cluster(
            settings.redis_urls, settings.cache_deadline_s, listeners=listeners, clock=clock, purpose=purpose
        )
    return Node(settings.redis_urls[0], settings.cache_deadline_s, listeners=listeners, clock=clock, purpose=purpose)
