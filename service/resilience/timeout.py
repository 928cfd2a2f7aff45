"""The longest that a call may take."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from service.errors import ConfigurationError
from service.resilience.errors import CallTimeoutError

P = ParamSpec("P")
T = TypeVar("T")


class Timeout:
    """Cancels a call that takes longer than `seconds`.

    Raises ConfigurationError unless they are above 0 and finite.
    """

    def __init__(self, seconds: float) -> None:
        if not 0 < seconds < math.inf:
            raise ConfigurationError(f"a timeout must be above 0 and finite, but is {seconds}.")
        self.seconds = seconds

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer, if it comes in time.

        Raises CallTimeoutError when it does not; a TimeoutError of the function's own passes as it is.
        """
        try:
            async with asyncio.timeout(self.seconds) as deadline:
                return await fn(*args, **kwargs)
        except TimeoutError as error:
            if deadline.expired():
                raise CallTimeoutError(f"the call took longer than {self.seconds:.3g} s.") from error
            raise
