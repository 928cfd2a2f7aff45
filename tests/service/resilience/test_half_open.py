"""How a half-open circuit decides, and that nothing holds it up."""

import asyncio

import pytest

from service.resilience import CircuitOpenError, CircuitState
from tests.service.resilience.fake_clock import Dependency, DownError, cancel


async def tried_again(**settings: object) -> Dependency:
    """A dependency whose circuit is open and lets the next call try."""
    wall = Dependency.guarded(**{"recovery_timeout_s": 30.0, **settings})
    await wall.fail(wall.breaker.config.minimum_calls)
    wall.clock.now += 30
    return wall


async def test_probes_that_succeed_close_it() -> None:
    """Two calls decide, and the failures from before are forgotten."""
    wall = await tried_again()
    await wall.succeed()
    assert wall.breaker.state is CircuitState.HALF_OPEN
    await wall.succeed()
    assert (wall.breaker.state, wall.breaker.snapshot().calls) == (CircuitState.CLOSED, 0)


async def test_probes_that_fail_open_it_again() -> None:
    """And the whole wait begins anew."""
    wall = await tried_again()
    await wall.fail(2)
    wall.clock.now += 29.9
    assert await wall.is_rejected()
    wall.clock.now += 0.1
    assert not await wall.is_rejected()


async def test_slow_probes_open_it_again() -> None:
    """A dependency that answers too late has not recovered."""
    wall = await tried_again()
    await wall.succeed(2, seconds=1.5)
    assert wall.breaker.state is CircuitState.OPEN


async def test_no_more_than_the_permitted_calls_begin() -> None:
    """Of a hundred that ask at once, two are made."""
    wall = await tried_again()
    asking = [await wall.begin() for _ in range(100)]
    assert wall.made == 4 + 2
    wall.end()
    ended = await asyncio.gather(*asking, return_exceptions=True)
    assert sum(isinstance(one, CircuitOpenError) for one in ended) == 98


async def test_a_rejection_without_deadline_guesses_the_wait() -> None:
    """Nobody knows how long the probes take; a client is told the open circuit's wait."""
    wall = await tried_again()
    probes = [await wall.begin() for _ in range(2)]
    with pytest.raises(CircuitOpenError) as caught:
        await wall.succeed()
    assert caught.value.retry_after_s == 30.0
    wall.end()
    await asyncio.gather(*probes)


async def test_a_cancelled_probe_gives_its_place_back() -> None:
    """A client that leaves early neither closes nor opens the circuit, nor does it use up a permit."""
    wall = await tried_again()
    for _ in range(5):
        await cancel(await wall.begin())
    assert wall.breaker.snapshot().calls == 0
    await wall.succeed(2)
    assert wall.breaker.state is CircuitState.CLOSED


async def test_an_ignored_probe_gives_its_place_back() -> None:
    """What is no evidence decides nothing."""
    wall = await tried_again(ignore=lambda error: isinstance(error, KeyError))
    await wall.fail(5, error=KeyError("x"))
    await wall.succeed(2)
    assert wall.breaker.state is CircuitState.CLOSED


async def test_probes_that_hang_open_it_again() -> None:
    """All permitted calls are overdue: the next call that asks finds the circuit open, without any deadline."""
    wall = await tried_again()
    hanging = [await wall.begin() for _ in range(2)]
    wall.clock.now += 1.2
    assert await wall.is_rejected()
    assert wall.breaker.state is CircuitState.OPEN
    wall.end()
    await asyncio.gather(*hanging)
    assert wall.breaker.state is CircuitState.OPEN


async def test_one_hanging_probe_holds_it_no_longer_than_the_deadline() -> None:
    """After the longest wait in half-open the circuit opens again, and then tries anew."""
    wall = await tried_again(half_open_wait_s=5.0, slow_call_s=60.0)
    hanging = await wall.begin()
    await wall.succeed()
    wall.clock.now += 4
    with pytest.raises(CircuitOpenError) as caught:
        await wall.succeed()
    assert caught.value.retry_after_s == 1.0
    wall.clock.now += 1
    assert await wall.is_rejected()
    assert wall.breaker.state is CircuitState.OPEN
    wall.clock.now += 30
    await wall.succeed(2)
    assert wall.breaker.state is CircuitState.CLOSED
    await cancel(hanging)


async def test_a_late_failed_probe_does_not_open_a_closed_circuit() -> None:
    """A result counts only in the stay in a state in which its call began."""
    wall = await tried_again(half_open_calls=5, minimum_calls=2)
    late = [await wall.begin(error=DownError("late")) for _ in range(3)]
    await wall.succeed(2)
    assert wall.breaker.state is CircuitState.CLOSED
    wall.end()
    await asyncio.gather(*late, return_exceptions=True)
    assert (wall.breaker.state, wall.breaker.snapshot().calls) == (CircuitState.CLOSED, 0)


async def test_a_stale_cancellation_gives_no_place_to_the_next_probes() -> None:
    """A permit of an earlier half-open stay is not one of this."""
    wall = await tried_again(half_open_calls=3, minimum_calls=2)
    stale = await wall.begin()
    await wall.fail(2)
    wall.clock.now += 30
    probes = [await wall.begin() for _ in range(3)]
    await cancel(stale)
    assert await wall.is_rejected()
    wall.end()
    await asyncio.gather(*probes)
