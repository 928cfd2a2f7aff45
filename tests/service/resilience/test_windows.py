"""What the two windows remember, and when they forget."""

from hypothesis import given
from hypothesis import strategies as st

from service.resilience import CircuitState
from service.resilience.windows import BUCKETS, CountWindow, TimeWindow
from tests.service.resilience.fake_clock import Dependency

OUTCOMES = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60)


@given(st.integers(1, 12), OUTCOMES)
def test_a_count_window_holds_the_last_calls(size: int, outcomes: list[tuple[bool, bool]]) -> None:
    """Whatever came, it counts what a list of the last `size` outcomes would."""
    window = CountWindow(size, minimum=1)
    for failed, slow in outcomes:
        if failed or slow:
            window.add(0.0, failed=failed, slow=slow)
        else:
            window.succeeded(0.0)
    last = outcomes[-size:]
    expected = (len(last), sum(failed for failed, _ in last), sum(slow for _, slow in last))
    assert window.counts(0.0) == expected


STEPS = st.lists(st.tuples(st.integers(0, 30), st.booleans(), st.booleans()), max_size=60)


@given(STEPS, st.integers(0, 200))
def test_a_time_window_holds_the_last_seconds(steps: list[tuple[int, bool, bool]], idle: int) -> None:
    """Whatever came and however long nothing came, it counts the calls of the last ten buckets."""
    window, now, calls = TimeWindow(float(BUCKETS), minimum=1), 0, []
    for pause, failed, slow in steps:
        now += pause
        calls.append((now, failed, slow))
        if failed or slow:
            window.add(float(now), failed=failed, slow=slow)
        else:
            window.succeeded(float(now))
    now += idle
    last = [(failed, slow) for at, failed, slow in calls if at > now - BUCKETS]
    assert window.counts(now) == (len(last), sum(one for one, _ in last), sum(one for _, one in last))


async def test_failures_leave_a_time_window_while_nothing_comes() -> None:
    """Three failures an hour ago and one now are one failure."""
    wall = Dependency.guarded(window_s=10.0)
    await wall.fail(3)
    wall.clock.now += 3600
    assert wall.breaker.snapshot().calls == 0
    await wall.fail()
    assert wall.breaker.snapshot().failed == 1
    assert wall.breaker.state is CircuitState.CLOSED


async def test_failures_within_a_time_window_open_the_circuit() -> None:
    """Four failures in six of ten seconds do."""
    wall = Dependency.guarded(window_s=10.0)
    for _ in range(4):
        await wall.fail()
        wall.clock.now += 2
    assert wall.breaker.state is CircuitState.OPEN


async def test_successes_that_leave_a_time_window_raise_the_rate() -> None:
    """Ten successes and four failures are no half; once the successes are too old they are, and the next call shows."""
    for looks in (False, True):
        wall = Dependency.guarded(window_s=10.0)
        await wall.succeed(10)
        wall.clock.now += 5
        await wall.fail(4)
        wall.clock.now += 5
        assert wall.breaker.state is CircuitState.CLOSED
        if looks:
            # Whoever only looks must not take the occasion away.
            assert wall.breaker.snapshot().failure_rate == 1.0
        await wall.succeed()
        assert wall.breaker.state is CircuitState.OPEN
