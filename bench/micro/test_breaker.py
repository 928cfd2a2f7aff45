"""What a circuit breaker adds to a call, and what a rejection costs: ours and its rivals, in the same run.

A round is a thousand calls one after another, so a microsecond in the table is a nanosecond a call. `none` is the call
without a breaker; what a breaker adds is the difference to it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bench.micro import breakers
from service.resilience import BreakerConfig, CircuitBreaker

CALLS = 1000

Round = Callable[[], Awaitable[None]]
Measure = Callable[[Round], None]


def calls(guarded: breakers.Function) -> Round:
    """A round of calls that go through."""

    async def one_round() -> None:
        for _ in range(CALLS):
            await guarded()

    return one_round


def rejections(guarded: breakers.Function, rejection: type[Exception]) -> Round:
    """A round of calls that are rejected."""

    async def one_round() -> None:
        for _ in range(CALLS):
            try:
                await guarded()
            except rejection:
                continue
            raise AssertionError("a call went through")

    return one_round


@pytest.mark.benchmark(group="closed: µs per 1000 calls")
@pytest.mark.parametrize("name", ["none", *breakers.RIVALS])
def test_closed(measure: Measure, name: str) -> None:
    """A call through a closed circuit."""
    guard = {"none": breakers.none, **breakers.RIVALS}[name]()
    measure(calls(guard.around(breakers.answer)))


@pytest.mark.benchmark(group="open: µs per 1000 rejections")
@pytest.mark.parametrize("name", breakers.RIVALS)
def test_open(measure: Measure, runner: asyncio.Runner, name: str) -> None:
    """A call that an open circuit rejects."""
    guard = breakers.RIVALS[name]()
    guarded = runner.run(guard.open())
    measure(rejections(guarded, guard.rejection))


@pytest.mark.benchmark(group="ways in: µs per 1000 calls")
@pytest.mark.parametrize("way", ["call", "decorator", "attempt"])
def test_ways_in(measure: Measure, way: str) -> None:
    """The three ways to put our breaker around something."""
    breaker = CircuitBreaker("micro")

    async def in_block() -> int:
        async with breaker.attempt():
            return await breakers.answer()

    async def by_call() -> int:
        return await breaker.call(breakers.answer)

    measure(calls({"call": by_call, "decorator": breaker(breakers.answer), "attempt": in_block}[way]))


@pytest.mark.benchmark(group="windows: µs per 1000 calls")
@pytest.mark.parametrize("trouble", ["quiet", "with a failure"])
@pytest.mark.parametrize("window_s", [None, 3600.0], ids=["count", "time"])
def test_windows(measure: Measure, runner: asyncio.Runner, window_s: float | None, trouble: str) -> None:
    """The two windows, without and with a failure in them: then the rates are looked at after every call."""
    breaker = CircuitBreaker("micro", BreakerConfig(window_s=window_s, window_calls=1_000_000))

    async def one_failure() -> None:
        with pytest.raises(breakers.DownError):
            await breaker.call(breakers.fail)

    if trouble != "quiet":
        runner.run(one_failure())

    async def guarded() -> int:
        return await breaker.call(breakers.answer)

    measure(calls(guarded))
