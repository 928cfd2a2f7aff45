"""What a breaker is told: when to open, for how long, and what counts as a failure.

The defaults are resilience4j's.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from service.errors import ConfigurationError


def every(_: Exception) -> bool:
    """Any exception at all."""
    return True


def none(_: Exception) -> bool:
    """No exception."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerConfig:
    """When a breaker opens, how it closes again, and what it counts. Rates are fractions, times are seconds.

    Raises ConfigurationError, in one sentence, for values that make no breaker.
    """

    failure_rate_threshold: float = 0.5
    """Opens when at least this share of the calls in the window failed."""
    slow_call_rate_threshold: float = 1.0
    """Opens when at least this share was slow."""
    slow_call_s: float = 60.0
    """A call that takes longer is slow. Infinite: none ever is."""
    minimum_calls: int = 100
    """Fewer calls in the window prove nothing. A window of calls that is smaller is judged when it is full."""
    window_calls: int = 100
    """The window holds this many of the latest calls, unless `window_s` is given."""
    window_s: float | None = None
    """The window holds the calls that ended in the last so many seconds."""
    recovery_timeout_s: float = 60.0
    """How long an open circuit stays so before the next call may try."""
    recovery_jitter: float = 0.0
    """The share by which that time is drawn longer or shorter: many processes do not come back at the same moment."""
    half_open_calls: int = 10
    """A half-open circuit lets so many calls through to judge by."""
    half_open_wait_s: float = math.inf
    """A half-open circuit that could not judge within this time opens again."""
    record: Callable[[Exception], bool] = every
    """Whether an exception is a failure; one that is not is the answer of a dependency that works."""
    ignore: Callable[[Exception], bool] = none
    """Whether an exception is no evidence at all; asked first."""

    def __post_init__(self) -> None:
        for name in ("failure_rate_threshold", "slow_call_rate_threshold"):
            self._require(name, 0 < getattr(self, name) <= 1, "above 0 and at most 1")
        for name in ("slow_call_s", "half_open_wait_s"):
            self._require(name, getattr(self, name) > 0, "above 0")
        self._require("recovery_timeout_s", 0 < self.recovery_timeout_s < math.inf, "above 0 and finite")
        self._require("recovery_jitter", 0 <= self.recovery_jitter < 1, "at least 0 and below 1")
        for name in ("minimum_calls", "window_calls", "half_open_calls"):
            self._require(name, getattr(self, name) >= 1, "at least 1")
        if self.window_s is not None:
            self._require("window_s", 0 < self.window_s < math.inf, "above 0 and finite")

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ConfigurationError(f"a breaker's {name} must be {expected}, but is {getattr(self, name)}.")
