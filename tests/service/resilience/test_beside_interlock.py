"""Our breaker beside interlock-cb, an independent reading of resilience4j's rules, under one fake clock."""

import asyncio

import interlock
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from service.resilience import BreakerConfig, CircuitBreaker, CircuitOpenError
from tests.service.resilience.fake_clock import DownError, FakeClock

RATES = st.sampled_from([0.07, 0.25, 0.3, 0.5, 0.9, 1.0])
SLOW_S = 1.0
WAIT_S = 30.0


class InterlockClock(FakeClock):
    """The same time under the name that interlock asks for."""

    def monotonic(self) -> float:
        """The time."""
        return self.now


class Beside(RuleBasedStateMachine):
    """Both see the same calls one after another and must be in the same state with the same counts throughout.

    Where they differ by intent, the machine does not go, and other tests hold our behaviour:

    - a call that takes exactly the threshold: slow there, not slow here and in resilience4j;
    - a cancelled call that was slow already: counts as slow here, nowhere there;
    - calls at once: overdue ones count here, and half-open admits all permitted calls at once, there one at a time;
    - the half-open verdict: after all permitted calls there, here and in resilience4j after the minimum if that is
      less, so the minimum is at least the permitted calls;
    - a minimum larger than the window: never judged there, here and in resilience4j when the window is full;
    - what the counts say in open and half-open: there still those of the closed circuit, here those of the stay.
    """

    @initialize(
        failure_rate=RATES,
        slow_rate=RATES,
        window=st.integers(1, 12),
        minimum=st.integers(1, 12),
        permitted=st.integers(1, 4),
    )
    def build(self, failure_rate: float, slow_rate: float, window: int, minimum: int, permitted: int) -> None:
        """Both with the same thresholds."""
        minimum = min(minimum, window)
        permitted = min(permitted, minimum)
        self.runner = asyncio.Runner()
        self.clock = InterlockClock()
        self.theirs = interlock.CircuitBreaker(
            name="wall",
            clock=self.clock,
            config=interlock.Config(
                failure_rate_threshold=failure_rate,
                slow_call_rate_threshold=slow_rate,
                slow_call_duration_threshold=SLOW_S,
                minimum_number_of_calls=minimum,
                window_size=window,
                permitted_calls_in_half_open=permitted,
                wait_duration_in_open=WAIT_S,
            ),
        )
        config = BreakerConfig(
            failure_rate_threshold=failure_rate,
            slow_call_rate_threshold=slow_rate,
            slow_call_s=SLOW_S,
            minimum_calls=minimum,
            window_calls=window,
            half_open_calls=permitted,
            recovery_timeout_s=WAIT_S,
        )
        self.ours = CircuitBreaker("wall", config, clock=self.clock)

    def teardown(self) -> None:
        """Close the loop."""
        if hasattr(self, "runner"):
            self.runner.close()

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.5]), error=st.sampled_from([None, DownError, asyncio.CancelledError]))
    def call(self, seconds: float, error: type[BaseException] | None) -> None:
        """A call that takes so long and ends so, at the same moment through both."""
        if error is asyncio.CancelledError:
            seconds = min(seconds, 0.5)
        began = self.clock.now

        async def dependency() -> str:
            self.clock.now = began + seconds
            if error is not None:
                raise error
            return "answer"

        async def outcome(breaker: object) -> str:
            self.clock.now = began
            try:
                return await breaker.call(dependency)
            except (CircuitOpenError, interlock.CircuitOpenError):
                return "rejected"
            except (DownError, asyncio.CancelledError) as raised:
                return type(raised).__name__

        theirs = self.runner.run(outcome(self.theirs))
        assert self.runner.run(outcome(self.ours)) == theirs

    @rule(seconds=st.sampled_from([1.0, WAIT_S - 1, WAIT_S, 3600.0]))
    def wait(self, seconds: float) -> None:
        """Nothing happens for so long."""
        self.clock.now += seconds

    @invariant()
    def agree(self) -> None:
        """The same state, and while closed the same counts."""
        if not hasattr(self, "ours"):
            return
        assert self.ours.state.value == self.theirs.state.value
        if self.ours.state.value == "closed":
            ours, theirs = self.ours.snapshot(), self.theirs.snapshot()
            assert (ours.calls, ours.failed, ours.slow) == (
                theirs.total_calls, theirs.failed_calls, theirs.slow_calls,
            )  # fmt: skip


TestBeside = Beside.TestCase
TestBeside.settings = settings(max_examples=100, stateful_step_count=50, deadline=None)
