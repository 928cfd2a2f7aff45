"""When a closed circuit opens, and when it must not."""

import pytest

from service.resilience import BulkheadFullError, CircuitState
from tests.service.resilience.fake_clock import Dependency, DownError


async def test_it_opens_at_the_failure_rate() -> None:
    """Half of at least four calls failed: the next is rejected without being made."""
    wall = Dependency.guarded()
    await wall.succeed(2)
    await wall.fail(2)
    assert wall.breaker.state is CircuitState.OPEN
    assert await wall.is_rejected()


async def test_below_the_rate_it_stays_closed() -> None:
    """Three failures of ten are not half; it is a rate and not a number that counts."""
    wall = Dependency.guarded()
    await wall.succeed(7)
    await wall.fail(3)
    assert wall.breaker.state is CircuitState.CLOSED


async def test_too_few_calls_prove_nothing() -> None:
    """Three failures of three do not open a circuit that is judged from four calls on."""
    wall = Dependency.guarded()
    await wall.fail(3)
    assert wall.breaker.state is CircuitState.CLOSED


async def test_the_call_that_makes_them_enough_may_succeed() -> None:
    """The rate is looked at after every call, not after failures alone."""
    wall = Dependency.guarded()
    await wall.fail(3)
    await wall.succeed()
    assert wall.breaker.state is CircuitState.OPEN


async def test_a_success_between_failures_forgives_nothing() -> None:
    """Alternating failures open the circuit: they need not follow one another."""
    wall = Dependency.guarded(minimum_calls=10)
    for _ in range(5):
        await wall.fail()
        await wall.succeed()
    assert wall.breaker.state is CircuitState.OPEN


async def test_a_rate_that_has_no_exact_fraction_is_met_exactly() -> None:
    """Seven of a hundred is 7 %, whatever the last bit of 0.07 says."""
    wall = Dependency.guarded(failure_rate_threshold=0.07, minimum_calls=100, window_calls=100)
    await wall.succeed(93)
    await wall.fail(6)
    assert wall.breaker.state is CircuitState.CLOSED
    await wall.fail()
    assert wall.breaker.state is CircuitState.OPEN


async def test_slow_successes_open_it() -> None:
    """A dependency that answers, but too late, is rejected as one that fails."""
    wall = Dependency.guarded()
    await wall.succeed(4, seconds=1.5)
    assert wall.breaker.state is CircuitState.OPEN


async def test_as_long_as_it_may_take_is_not_slow() -> None:
    """Only what takes longer than the threshold is slow."""
    wall = Dependency.guarded()
    await wall.succeed(10, seconds=1.0)
    assert wall.breaker.snapshot().slow == 0


async def test_a_failure_can_be_slow() -> None:
    """A slow failure counts towards both rates."""
    wall = Dependency.guarded()
    await wall.fail(seconds=2.0)
    counts = wall.breaker.snapshot()
    assert (counts.calls, counts.failed, counts.slow) == (1, 1, 1)


async def test_what_is_not_recorded_is_a_success() -> None:
    """A 'not found' is the answer of a dependency that works."""
    wall = Dependency.guarded(record=lambda error: not isinstance(error, KeyError))
    await wall.fail(10, error=KeyError("missing"))
    counts = wall.breaker.snapshot()
    assert (counts.state, counts.calls, counts.failed) == (CircuitState.CLOSED, 10, 0)


async def test_what_is_ignored_does_not_count() -> None:
    """An ignored exception is no evidence either way, even where it would be recorded or slow."""
    wall = Dependency.guarded(ignore=lambda error: isinstance(error, DownError), record=lambda error: True)
    await wall.fail(10, seconds=2.0)
    assert wall.breaker.snapshot().calls == 0


async def test_a_call_that_was_not_made_does_not_count() -> None:
    """A full bulkhead inside says nothing about the dependency."""
    wall = Dependency.guarded()
    await wall.fail(10, error=BulkheadFullError("full"))
    assert wall.breaker.snapshot().calls == 0


@pytest.mark.parametrize("predicate", ["record", "ignore"])
async def test_a_predicate_that_raises_excuses_nothing(predicate: str) -> None:
    """The call fails with its own error, and counts as a failure."""

    def broken(error: Exception) -> bool:
        raise RuntimeError("bug")

    wall = Dependency.guarded(**{predicate: broken})
    await wall.fail(4)
    assert wall.breaker.state is CircuitState.OPEN


async def test_a_closed_circuit_changes_nothing_about_a_call() -> None:
    """Arguments, answer and exception pass through as they are."""
    wall = Dependency.guarded()

    async def echo(*args: int, **kwargs: int) -> tuple[object, ...]:
        return args, kwargs

    assert await wall.breaker.call(echo, 1, 2, fn=3) == ((1, 2), {"fn": 3})
    with pytest.raises(DownError, match="down"):
        await wall.breaker.call(wall._answer, 0.0, DownError("down"))
