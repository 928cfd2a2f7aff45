"""All guards of one dependency, in the one order that makes sense.

From the outside in:

- fallback: answers for whatever is left in the end, also for an open circuit;
- retry: every attempt asks the breaker, and an open circuit ends the attempts;
- breaker: sees each attempt by itself, and with it the time in the bulkhead's queue: a caller waits for both;
- bulkhead: rejects before the dependency is touched, which the breaker does not count;
- timeout: bounds the call alone, so that waiting for a place costs nothing of it.
"""

import functools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from service.resilience.bulkhead import Bulkhead
from service.resilience.fallback import Fallback
from service.resilience.guard import Guard
from service.resilience.retry import Retry
from service.resilience.timeout import Timeout

P = ParamSpec("P")
T = TypeVar("T")


class Policy:
    """The guards to put around every call to a dependency; those that are not given are not there."""

    def __init__(
        self,
        *,
        fallback: Fallback | None = None,
        retry: Retry | None = None,
        breaker: Guard | None = None,
        bulkhead: Bulkhead | None = None,
        timeout: Timeout | None = None,
    ) -> None:
        inside_out = (timeout, bulkhead, breaker, retry, fallback)
        self._guards: tuple[Guard, ...] = tuple(guard for guard in inside_out if guard is not None)

    def guard(self, fn: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        """The function with all guards around every call of it; also as a decorator."""
        guarded: Callable[P, Awaitable[T]] = fn
        for guard in self._guards:
            guarded = functools.partial(guard.call, guarded)

        @functools.wraps(fn)
        async def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return await guarded(*args, **kwargs)

        return call

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of the function with all guards around this call."""
        return await self.guard(fn)(*args, **kwargs)
