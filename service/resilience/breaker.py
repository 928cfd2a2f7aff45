"""A circuit breaker with resilience4j's semantics, for one event loop: it rejects calls that would likely fail or hang.

A call counts when it ends: as failed, as slow, as both or as neither. Besides,

- a call that is cancelled once it is slow counts as slow, not as failed: whoever gave it up had waited longer than
  a call should take, but what it would have answered nobody knows. This is how a dependency that hangs is noticed
  under a deadline from outside, such as `asyncio.timeout` around the call;
- a call that is cancelled earlier does not count: a client that leaves says nothing about the dependency;
- a call that is still running and slow already counts towards the rate of slow calls when another call asks;
- a call that was not made (RejectedError, from a bulkhead or another breaker inside this one) does not count.

A result counts only in the stay in a state in which its call began. Times pass when calls ask: an open circuit that
nobody asks stays open.
"""

import functools
import math
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeVar

from service.resilience import evidence, stay
from service.resilience.config import BreakerConfig
from service.resilience.errors import CircuitOpenError
from service.resilience.in_flight import Cohort, InFlight
from service.resilience.listener import Listener, tell
from service.resilience.state import JUDGED, REJECTING, CircuitState, Snapshot
from service.resilience.windows import Window

P = ParamSpec("P")
T = TypeVar("T")


class CircuitBreaker:
    """Guards the calls to one dependency. One event loop; no locks: nothing in here waits but the call itself."""

    _state: CircuitState
    _is_judged: bool
    _window: Window
    """Of this stay in a state, and its stamp: each stay has its own, and a cohort the one that it began in."""
    _in_flight: InFlight
    _cohort: Cohort
    """Where calls are counted that need not ask."""
    _permits: float
    """How many more calls may begin in this stay."""
    _minimum: int
    _until: float
    _shut_until: float
    """Until then no call may begin, whatever happens."""
    _next_try: float

    def __init__(
        self,
        name: str,
        config: BreakerConfig | None = None,
        *,
        listeners: Sequence[Listener] = (),
        clock: Callable[[], float] = time.monotonic,
        jitter: random.Random | None = None,
    ) -> None:
        self.name = name
        self.config = config or BreakerConfig()
        self._listeners = tuple(listeners)
        self._clock = clock
        self._jitter = jitter or random.Random()
        self._slow_call_s = self.config.slow_call_s
        self._enter(CircuitState.CLOSED, clock())

    @property
    def state(self) -> CircuitState:
        """The present state. An open circuit is half-open only once a call has asked."""
        return self._state

    def snapshot(self) -> Snapshot:
        """The state and the counts now."""
        now = self._clock()
        calls, failed, slow = self._window.counts(now)
        return Snapshot(self._state, calls, failed, slow, self._in_flight.overdue(now))

    def transition_to(self, state: CircuitState) -> None:
        """Put the breaker in a state by hand, with empty counts; what is under way will count nowhere."""
        self._become(state, self._clock())

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of the function, if the circuit lets the call through.

        Raises CircuitOpenError if it does not, and whatever the function raises.
        """
        started = self._clock()
        cohort = self._cohort
        if started >= cohort.closes:
            # What `_admit` would come to, without the way there: a sixth of what a rejection cost.
            if started < self._shut_until:
                raise self._rejection(started)
            cohort = self._admit(started)
        cohort.running += 1
        try:
            answer = await fn(*args, **kwargs)
        except BaseException as error:
            self._raised(cohort, started, error)
            raise
        # `_returned`, written out: one more call here would be a seventh of the breaker's whole cost.
        ended = self._clock()
        cohort.running -= 1
        if ended - started > self._slow_call_s:
            self._record(cohort, ended, failed=False, slow=True)
        elif cohort.window.succeeded(ended) and cohort.window is self._window:
            self._judge(ended)
        return answer

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Guard a block instead of a function: `async with breaker.attempt(): ...`.

        Raises CircuitOpenError instead of entering it.
        """
        started = self._clock()
        cohort = self._admit(started)
        cohort.running += 1
        try:
            yield
        except BaseException as error:
            self._raised(cohort, started, error)
            raise
        self._returned(cohort, started)

    def __call__(self, fn: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        """Guard every call of a function: `@breaker`."""

        @functools.wraps(fn)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            return await self.call(fn, *args, **kwargs)

        return guarded

    def _admit(self, now: float) -> Cohort:
        """The cohort of a call that begins now; whatever is due by time happens first.

        Raises CircuitOpenError where the call may not begin.
        """
        if now >= self._until:
            self._become(CircuitState.HALF_OPEN if self._state is CircuitState.OPEN else CircuitState.OPEN, now)
        elif self._is_judged and self._in_flight.overdue(now):
            self._judge(now)
        if self._permits <= 0:
            raise self._rejection(now)
        self._permits -= 1
        cohort = self._in_flight.cohort(now)
        if self._permits == math.inf:
            self._cohort = cohort
        return cohort

    def _rejection(self, now: float) -> CircuitOpenError:
        for listener in self._listeners:
            tell(self.name, listener.on_rejected, self)
        return CircuitOpenError(self.name, now, self._next_try)

    def _returned(self, cohort: Cohort, started: float) -> None:
        now = self._clock()
        cohort.running -= 1
        if now - started > self._slow_call_s:
            self._record(cohort, now, failed=False, slow=True)
        elif cohort.window.succeeded(now) and cohort.window is self._window:
            self._judge(now)

    def _raised(self, cohort: Cohort, started: float, error: BaseException) -> None:
        now = self._clock()
        cohort.running -= 1
        slow = now - started > self._slow_call_s
        if evidence.counts(error, self.config, slow=slow):
            self._record(cohort, now, failed=evidence.is_failure(error, self.config), slow=slow)
        elif cohort.window is self._window:
            # It took a place among the calls that decide and decided nothing: the next may have it.
            self._permits += 1

    def _record(self, cohort: Cohort, now: float, *, failed: bool, slow: bool) -> None:
        cohort.window.add(now, failed=failed, slow=slow)
        if cohort.window is self._window:
            self._judge(now)

    def _judge(self, now: float) -> None:
        """Open or close the circuit if enough calls say so."""
        if not self._is_judged:
            return
        calls, failed, slow = self._window.counts(now)
        overdue = self._in_flight.overdue(now)
        config = self.config
        failing = calls >= self._minimum and failed / calls >= config.failure_rate_threshold
        known = calls + overdue
        slowing = known >= self._minimum and (slow + overdue) / known >= config.slow_call_rate_threshold
        if failing or slowing:
            self._become(CircuitState.OPEN, now)
        elif self._state is CircuitState.HALF_OPEN and calls >= self._minimum:
            self._become(CircuitState.CLOSED, now)

    def _become(self, state: CircuitState, now: float) -> None:
        before = self._state
        self._enter(state, now)
        for listener in self._listeners:
            tell(self.name, listener.on_transition, self, before, state)

    def _enter(self, state: CircuitState, now: float) -> None:
        """Begin a stay in a state: nothing of the one before counts any more."""
        self._state = state
        self._is_judged = state in JUDGED
        self._window = stay.window(state, self.config)
        self._in_flight = InFlight(self._window, self._slow_call_s)
        # Closed before it opens: until a cohort that takes calls unasked replaces it, every call has to ask.
        self._cohort = Cohort(self._window, -math.inf)
        self._permits = stay.permits(state, self.config)
        self._minimum = stay.fewest_to_judge(state, self.config)
        longest_s = stay.longest_s(state, self.config, self._jitter)
        self._until = now + longest_s
        self._shut_until = self._until if state in REJECTING else -math.inf
        self._next_try = now + stay.retry_after_s(state, self.config, longest_s)
