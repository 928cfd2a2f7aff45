"""What a breaker remembers of the calls that ended: the last so many, or those of the last so many seconds.

Both are made for calls that succeed quickly, which are nearly all: those only add to a count.
"""

import math
from collections import deque
from typing import NamedTuple, Protocol

BUCKETS = 10
"""Into so many stretches is a time window divided: the oldest leaves whole, so the window is up to a tenth short."""


class Counts(NamedTuple):
    """The calls in a window."""

    calls: int
    failed: int
    slow: int
    """May overlap with the failed."""


class Window(Protocol):
    """Remembers outcomes. A new one is made at every transition of the breaker.

    A quick success lowers the rates of failed and of slow calls, so there is no need to look at them after it, except
    when it is the call that makes the `minimum` complete, or when older successes have left with time.
    """

    def succeeded(self, now: float) -> bool:
        """Remember a quick success; whether the rates are worth a look after it."""

    def add(self, now: float, *, failed: bool, slow: bool) -> None:
        """Remember any outcome; the rates are worth a look."""

    def counts(self, now: float) -> Counts:
        """What is in the window now."""


class CountWindow:
    """The last `size` calls. Calls are numbered, and only the failed and slow ones kept: the others are the rest."""

    __slots__ = ("_bad", "_ended", "_failed", "_minimum", "_size", "_slow")

    def __init__(self, size: int, minimum: int) -> None:
        self._size = size
        self._minimum = minimum
        self._ended = 0
        self._failed = 0
        self._slow = 0
        self._bad: deque[tuple[int, bool, bool]] = deque()

    def succeeded(self, now: float) -> bool:  # noqa: ARG002 # the other window's question
        """Remember a quick success; whether it makes the minimum complete and any call in the window was not one."""
        self._ended += 1
        if not self._bad:
            return False
        self._expire()
        return self._ended == self._minimum

    def add(self, now: float, *, failed: bool, slow: bool) -> None:  # noqa: ARG002
        """Remember any outcome."""
        self._ended += 1
        if failed or slow:
            self._bad.append((self._ended, failed, slow))
            self._failed += failed
            self._slow += slow
        self._expire()

    def counts(self, now: float) -> Counts:  # noqa: ARG002
        """What is in the window now: a count does not age."""
        return Counts(min(self._ended, self._size), self._failed, self._slow)

    def _expire(self) -> None:
        last_out = self._ended - self._size
        while self._bad and self._bad[0][0] <= last_out:
            _, failed, slow = self._bad.popleft()
            self._failed -= failed
            self._slow -= slow


class ProbeWindow(CountWindow):
    """A count window of a half-open circuit: it closes on successes, so every call is worth a look."""

    __slots__ = ()

    def succeeded(self, now: float) -> bool:
        """Remember a quick success; always worth a look."""
        super().succeeded(now)
        return True


class _Bucket:
    """The calls that ended within one stretch of time."""

    __slots__ = ("calls", "failed", "number", "slow")

    def __init__(self, number: float) -> None:
        self.number = number
        self.calls = 0
        self.failed = 0
        self.slow = 0


class TimeWindow:
    """The calls that ended in the last `seconds`, in buckets that leave with time, whether calls come or not."""

    __slots__ = ("_buckets", "_calls", "_current", "_failed", "_has_turned", "_minimum", "_slow", "_until", "_width")

    def __init__(self, seconds: float, minimum: int) -> None:
        self._width = seconds / BUCKETS
        self._minimum = minimum
        self._calls = 0
        self._failed = 0
        self._slow = 0
        self._buckets: deque[_Bucket] = deque()
        self._current = _Bucket(-math.inf)
        self._until = -math.inf
        self._has_turned = False

    def succeeded(self, now: float) -> bool:
        """Remember a quick success; whether it makes the minimum complete, or is the first after others left."""
        if now >= self._until:
            self._turn(now)
        self._current.calls += 1
        self._calls += 1
        if self._has_turned or self._calls == self._minimum:
            self._has_turned = False
            return True
        return False

    def add(self, now: float, *, failed: bool, slow: bool) -> None:
        """Remember any outcome."""
        if now >= self._until:
            self._turn(now)
        self._current.calls += 1
        self._current.failed += failed
        self._current.slow += slow
        self._calls += 1
        self._failed += failed
        self._slow += slow

    def counts(self, now: float) -> Counts:
        """What is in the window now."""
        if now >= self._until:
            self._turn(now)
        return Counts(self._calls, self._failed, self._slow)

    def _turn(self, now: float) -> None:
        self._has_turned = True
        number = now // self._width
        self._until = (number + 1) * self._width
        self._current = _Bucket(number)
        self._buckets.append(self._current)
        while self._buckets[0].number <= number - BUCKETS:
            gone = self._buckets.popleft()
            self._calls -= gone.calls
            self._failed -= gone.failed
            self._slow -= gone.slow


class NoWindow:
    """Remembers nothing: the breaker is switched off."""

    __slots__ = ()

    def succeeded(self, now: float) -> bool:  # noqa: ARG002
        """Nothing is worth a look."""
        return False

    def add(self, now: float, *, failed: bool, slow: bool) -> None:
        """Forget it."""

    def counts(self, now: float) -> Counts:  # noqa: ARG002
        """Nothing."""
        return Counts(0, 0, 0)
