"""What all guards have in common: each calls a function, and may decide when, whether and how often."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Guard(Protocol):
    """A breaker, a bulkhead, a timeout, a retry: anything to put around a call."""

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of the function, or what the guard makes of it."""
