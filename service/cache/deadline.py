"""How long a request waits for Redis."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from service.resilience import Timeout
from service.telemetry import Timed

P = ParamSpec("P")
T = TypeVar("T")


class Deadline(Timeout):
    """A timeout; the time until then is told as the cache's part of the request."""

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer, if it comes in time. Raises CallTimeoutError when it does not."""
        with Timed("cache"):
            return await super().call(fn, *args, **kwargs)
