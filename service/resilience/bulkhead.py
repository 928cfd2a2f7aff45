"""No more than so many calls at once; the next wait their turn, but not too many and not too long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from service.errors import ConfigurationError
from service.resilience.errors import BulkheadFullError

P = ParamSpec("P")
T = TypeVar("T")


class Bulkhead:
    """Lets `limit` calls run at once and `queue` more wait, first come first served, each for up to `wait_s` seconds.

    Raises ConfigurationError for numbers that let nothing through.
    """

    def __init__(self, limit: int, *, queue: int = 0, wait_s: float = 1.0) -> None:
        if limit < 1:
            raise ConfigurationError(f"a bulkhead's limit must be at least 1, but is {limit}.")
        if queue < 0:
            raise ConfigurationError(f"a bulkhead's queue must be at least 0, but is {queue}.")
        if not wait_s > 0:
            raise ConfigurationError(f"a bulkhead's wait_s must be above 0, but is {wait_s}.")
        self.limit = limit
        self.queue = queue
        self.wait_s = wait_s
        self.running = 0
        self.waiting = 0
        self._places = asyncio.Semaphore(limit)

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of the function, once it has its turn.

        Raises BulkheadFullError when the queue is full or the turn does not come in time.
        """
        await self._enter()
        self.running += 1
        try:
            return await fn(*args, **kwargs)
        finally:
            self.running -= 1
            self._places.release()

    async def _enter(self) -> None:
        # Locked also while a free place is on its way to one who waits: nobody overtakes.
        if not self._places.locked():
            await self._places.acquire()
            return
        if self.waiting >= self.queue:
            raise BulkheadFullError(f"{self.limit} calls are under way and {self.waiting} wait.")
        self.waiting += 1
        try:
            async with asyncio.timeout(self.wait_s):
                await self._places.acquire()
        except TimeoutError:
            raise BulkheadFullError(
                f"{self.limit} calls are under way and none ended in {self.wait_s:.3g} s."
            ) from None
        finally:
            self.waiting -= 1
