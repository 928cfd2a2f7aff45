"""Calls that hang, calls that are given up, and calls that end when the state is another."""

import asyncio

import pytest

from service.resilience import CircuitState
from tests.service.resilience.fake_clock import Dependency, DownError, cancel


async def test_a_late_success_does_not_close_an_open_circuit() -> None:
    """It began before the circuit opened."""
    wall = Dependency.guarded()
    late = await wall.begin()
    await wall.fail(4)
    wall.end()
    await late
    assert (wall.breaker.state, wall.breaker.snapshot().calls) == (CircuitState.OPEN, 0)


async def test_late_failures_do_not_prolong_the_wait() -> None:
    """Calls that fail after the trip leave the moment of the next try where it was."""
    wall = Dependency.guarded(recovery_timeout_s=30.0)
    late = [await wall.begin(error=DownError("late")) for _ in range(5)]
    await wall.fail(4)
    wall.clock.now += 29
    wall.end()
    await asyncio.gather(*late, return_exceptions=True)
    wall.clock.now += 1
    assert not await wall.is_rejected()


async def test_late_failures_do_not_count_in_the_next_closed_stay() -> None:
    """What began before a reset by hand is not held against the new start."""
    wall = Dependency.guarded()
    late = [await wall.begin(error=DownError("late")) for _ in range(9)]
    wall.breaker.transition_to(CircuitState.CLOSED)
    wall.end()
    await asyncio.gather(*late, return_exceptions=True)
    assert (wall.breaker.state, wall.breaker.snapshot().calls) == (CircuitState.CLOSED, 0)


async def test_clients_that_leave_early_do_not_count() -> None:
    """A hundred disconnects within the time a call may take say nothing about the dependency."""
    wall = Dependency.guarded()
    for _ in range(100):
        await cancel(await wall.begin())
    assert wall.breaker.snapshot().calls == 0


async def test_calls_given_up_when_slow_count_as_slow_and_not_as_failed() -> None:
    """A dependency that hangs under an outer deadline opens the circuit by the slow rate."""
    wall = Dependency.guarded(minimum_calls=5)
    for _ in range(4):
        hanging = await wall.begin()
        wall.clock.now += 2
        await cancel(hanging)
    counts = wall.breaker.snapshot()
    assert (counts.calls, counts.failed, counts.slow) == (4, 0, 4)
    hanging = await wall.begin()
    wall.clock.now += 2
    await cancel(hanging)
    assert wall.breaker.state is CircuitState.OPEN


async def test_an_outer_deadline_trips_a_real_hang() -> None:
    """The same with real time: `asyncio.timeout` around calls that never answer."""
    wall = Dependency.guarded(slow_call_s=0.001)
    wall.breaker._clock = asyncio.get_running_loop().time
    for _ in range(4):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.005):
                await wall.breaker.call(asyncio.Event().wait)
    assert wall.breaker.state is CircuitState.OPEN


async def test_calls_that_hang_open_the_circuit_for_the_next() -> None:
    """None has ended, but four are overdue: a call that asks is rejected."""
    wall = Dependency.guarded()
    hanging = [await wall.begin() for _ in range(4)]
    wall.clock.now += 1.2
    assert wall.breaker.snapshot().overdue == 4
    assert await wall.is_rejected()
    wall.end()
    await asyncio.gather(*hanging)
    assert wall.breaker.state is CircuitState.OPEN


async def test_calls_under_way_are_no_trouble_before_they_are_slow() -> None:
    """However many: a burst is not a hang."""
    wall = Dependency.guarded()
    running = [await wall.begin() for _ in range(50)]
    wall.clock.now += 0.9
    assert not await wall.is_rejected()
    assert wall.breaker.snapshot().overdue == 0
    wall.end()
    await asyncio.gather(*running)


async def test_overdue_calls_weigh_against_those_that_ended() -> None:
    """Four hang while ten are quick: at a threshold of a third they open the circuit, at one of a half they do not."""
    for threshold, rejected in ((0.33, False), (0.25, True)):
        wall = Dependency.guarded(slow_call_rate_threshold=threshold)
        hanging = [await wall.begin() for _ in range(4)]
        await wall.succeed(10)
        wall.clock.now += 1.2
        assert await wall.is_rejected() is rejected
        wall.end()
        await asyncio.gather(*hanging)


async def test_an_overdue_call_is_counted_once() -> None:
    """When it ends it is slow and no longer overdue."""
    wall = Dependency.guarded()
    hanging = await wall.begin()
    wall.clock.now += 5
    assert (wall.breaker.snapshot().overdue, wall.breaker.snapshot().slow) == (1, 0)
    wall.end()
    await hanging
    assert (wall.breaker.snapshot().overdue, wall.breaker.snapshot().slow) == (0, 1)


async def test_what_is_remembered_of_calls_under_way_stays_small() -> None:
    """A long life without a transition leaves nothing behind, whatever the state."""
    for state in (CircuitState.CLOSED, CircuitState.METRICS_ONLY, CircuitState.DISABLED):
        wall = Dependency.guarded()
        wall.breaker.transition_to(state)
        await wall.succeed(1000, seconds=0.2)
        in_flight = wall.breaker._in_flight
        assert len(in_flight._cohorts) + len(in_flight._overdue) <= 12
