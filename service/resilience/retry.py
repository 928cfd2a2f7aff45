"""Calls made again when they fail, for as long as the budget allows.

Without a budget every retry policy multiplies the load on a dependency just when it fails. Here each call earns a
share of a retry, so over time retries are at most that share of the calls, however many fail.

`stamina` makes the attempts, and logs and counts each retry. Its backoff hook is asked after a failure whether to go
on, and how long to pause: there the budget is asked, and the pause drawn.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import stamina

from service.errors import ConfigurationError
from service.resilience.errors import RejectedError

P = ParamSpec("P")
T = TypeVar("T")


class RetryBudget:
    """A bucket of tokens: a call adds `share` of one, a retry takes one, and it holds at most `burst`.

    It is full at first. Share it among the retries of one dependency. Raises ConfigurationError for numbers that
    bound nothing.
    """

    def __init__(self, share: float = 0.1, burst: float = 10.0) -> None:
        if not 0 <= share <= 1:
            raise ConfigurationError(f"a retry budget's share must be at least 0 and at most 1, but is {share}.")
        if not burst >= 1:
            raise ConfigurationError(f"a retry budget's burst must be at least 1, but is {burst}.")
        self.share = share
        self.burst = burst
        self.tokens = burst

    def earn(self) -> None:
        """A call was made."""
        self.tokens = min(self.burst, self.tokens + self.share)

    def spend(self) -> bool:
        """Whether a retry may be made; then it is paid for."""
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


def is_worth_retrying(error: Exception) -> bool:
    """Any failure but a rejection: the call was refused to spare the dependency."""
    return not isinstance(error, RejectedError)


class Retry:
    """Makes a call up to `attempts` times, with pauses drawn between 0 and a bound that doubles from `pause_s` on.

    Only for calls that may be made twice. Raises ConfigurationError for numbers that make no retry.
    """

    def __init__(
        self,
        attempts: int = 3,
        *,
        pause_s: float = 0.05,
        longest_pause_s: float = 2.0,
        budget: RetryBudget | None = None,
        retry_on: Callable[[Exception], bool] = is_worth_retrying,
        jitter: random.Random | None = None,
    ) -> None:
        if attempts < 1:
            raise ConfigurationError(f"a retry's attempts must be at least 1, but are {attempts}.")
        if not 0 <= pause_s <= longest_pause_s:
            raise ConfigurationError(
                f"a retry's pause_s must be at least 0 and at most longest_pause_s, but is {pause_s}."
            )
        self.attempts = attempts
        self.budget = budget or RetryBudget()
        self.retry_on = retry_on
        self._pause_s = pause_s
        self._longest_pause_s = longest_pause_s
        self._jitter = jitter or random.Random()
        # Attempts end when the hook says so: see `_Failures`.
        self._caller = stamina.AsyncRetryingCaller(attempts=None, timeout=None)

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The first answer that is not a failure.

        Raises what the last attempt raised.
        """
        self.budget.earn()
        return await self._caller(_Failures(self), fn, *args, **kwargs)

    def drawn_pause_s(self, failures: int) -> float:
        """How long to wait after so many failures: full jitter, after Brooker 2015."""
        # Beyond that many doublings the longest pause has long been reached, and the power would overflow.
        bound_s = min(self._longest_pause_s, self._pause_s * 2.0 ** min(failures - 1, 64))
        return self._jitter.uniform(0, bound_s)


@dataclass(slots=True)
class _Failures:
    """The backoff hook of one call. It counts attempts itself: stamina asks it after the last one too."""

    retry: Retry
    seen: int = 0

    def __call__(self, error: Exception) -> float | bool:
        """How long to pause before the next attempt; False when there is none."""
        self.seen += 1
        retry = self.retry
        # What is no Exception, such as a cancellation, is somebody's wish and no failure.
        may = self.seen < retry.attempts and isinstance(error, Exception) and retry.retry_on(error)
        return retry.drawn_pause_s(self.seen) if may and retry.budget.spend() else False
