"""What an open circuit says and how long it stays so."""

import math
import random

import pytest

from service.resilience import CircuitBreaker, CircuitOpenError, CircuitState
from tests.service.resilience.fake_clock import Dependency


async def opened(**settings: object) -> Dependency:
    """A dependency whose circuit has just opened."""
    wall = Dependency.guarded(**{"recovery_timeout_s": 30.0, **settings})
    await wall.fail(4)
    return wall


async def test_a_rejection_says_which_and_until_when() -> None:
    """The error names the breaker and the seconds left, for a Retry-After."""
    wall = await opened()
    wall.clock.now += 10
    with pytest.raises(CircuitOpenError, match="circuit wall is open; it may close after 20 s") as caught:
        await wall.succeed()
    assert (caught.value.name, caught.value.retry_after_s) == ("wall", 20.0)


@pytest.mark.parametrize(("after", "rejected"), [(29.999, True), (30.0, False), (86_400.0 + 5, False)])
async def test_it_is_tried_again_after_the_wait(after: float, rejected: bool) -> None:
    """Not before; and a day later just as well."""
    wall = await opened()
    wall.clock.now += after
    assert await wall.is_rejected() is rejected


async def test_without_a_call_it_stays_open() -> None:
    """Time alone changes no state; the next call does."""
    wall = await opened()
    wall.clock.now += 31
    assert wall.breaker.state is CircuitState.OPEN
    await wall.succeed()
    assert wall.breaker.state is CircuitState.HALF_OPEN


async def test_jitter_spreads_the_waits() -> None:
    """Waits are drawn around the configured one, within the share, and the same seed draws the same."""

    async def waits(seed: int) -> list[float]:
        jitter, drawn = random.Random(seed), []
        for _ in range(50):
            wall = await opened(jitter=jitter, recovery_jitter=0.2)
            with pytest.raises(CircuitOpenError) as caught:
                await wall.succeed()
            drawn.append(caught.value.retry_after_s)
        return drawn

    first = await waits(7)
    assert 24 <= min(first) < 27 < 33 < max(first) <= 36
    assert first == await waits(7) != await waits(8)


async def test_forced_open_ends_by_hand_alone() -> None:
    """No time is long enough, and the rejection says so."""
    wall = Dependency.guarded()
    wall.breaker.transition_to(CircuitState.FORCED_OPEN)
    wall.clock.now += 1e9
    with pytest.raises(CircuitOpenError) as caught:
        await wall.succeed()
    assert caught.value.retry_after_s == math.inf
    wall.breaker.transition_to(CircuitState.CLOSED)
    await wall.succeed()


async def test_disabled_lets_everything_through_and_counts_nothing() -> None:
    """Ten failures later it is as it was."""
    wall = Dependency.guarded()
    wall.breaker.transition_to(CircuitState.DISABLED)
    await wall.fail(10, seconds=2.0)
    await wall.succeed(10)
    assert (wall.breaker.state, wall.breaker.snapshot().calls) == (CircuitState.DISABLED, 0)


async def test_metrics_only_counts_and_never_opens() -> None:
    """For finding thresholds before they do harm."""
    wall = Dependency.guarded()
    wall.breaker.transition_to(CircuitState.METRICS_ONLY)
    await wall.fail(9, seconds=2.0)
    await wall.succeed()
    counts = wall.breaker.snapshot()
    assert (counts.state, counts.failure_rate, counts.slow_call_rate) == (CircuitState.METRICS_ONLY, 0.9, 0.9)


async def test_breakers_share_nothing() -> None:
    """One that is open says nothing about another of the same name and configuration."""
    wall = await opened()
    other = Dependency(CircuitBreaker("wall", wall.breaker.config, clock=wall.clock), wall.clock)
    await other.succeed()
