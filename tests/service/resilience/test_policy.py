"""All guards around one call, in their order."""

import asyncio

import pytest

from service.resilience import (
    BreakerConfig,
    Bulkhead,
    BulkheadFullError,
    CallTimeoutError,
    CircuitBreaker,
    CircuitState,
    Fallback,
    Policy,
    Retry,
    Timeout,
)
from tests.service.resilience.fake_clock import DownError


def breaker(minimum_calls: int = 4) -> CircuitBreaker:
    """One that opens at half of four failed calls."""
    return CircuitBreaker("wall", BreakerConfig(minimum_calls=minimum_calls))


async def fail() -> str:
    """Fail."""
    raise DownError("down")


async def substitute(error: Exception) -> str:
    """Answer in its place."""
    return type(error).__name__


async def test_without_guards_a_call_is_a_call() -> None:
    """Arguments and answer pass."""

    async def echo(*args: int, **kwargs: int) -> object:
        return args, kwargs

    assert await Policy().call(echo, 1, a=2) == ((1,), {"a": 2})


async def test_the_breaker_sees_every_attempt_and_its_rejection_ends_them() -> None:
    """Ten attempts, but the fourth opens the circuit and the fifth is rejected; the fallback answers for that."""
    made = []

    async def failing() -> str:
        made.append(1)
        return await fail()

    guard = breaker()
    policy = Policy(fallback=Fallback(substitute), retry=Retry(10, pause_s=0), breaker=guard)
    assert await policy.call(failing) == "CircuitOpenError"
    assert (len(made), guard.state) == (4, CircuitState.OPEN)


async def test_a_timeout_is_a_failure_for_the_breaker() -> None:
    """A hanging dependency opens the circuit: the timeout is inside."""
    guard = breaker()
    policy = Policy(breaker=guard, timeout=Timeout(0.005))
    for _ in range(4):
        with pytest.raises(CallTimeoutError):
            await policy.call(asyncio.Event().wait)
    assert guard.state is CircuitState.OPEN


async def test_a_full_bulkhead_is_none() -> None:
    """It is inside the breaker, which takes its rejections for no evidence."""
    guard, gate = breaker(), asyncio.Event()
    policy = Policy(breaker=guard, bulkhead=Bulkhead(1))
    running = asyncio.create_task(policy.call(gate.wait))
    await asyncio.sleep(0)
    for _ in range(10):
        with pytest.raises(BulkheadFullError):
            await policy.call(gate.wait)
    gate.set()
    await running
    assert (guard.state, guard.snapshot().calls) == (CircuitState.CLOSED, 1)


async def test_waiting_for_a_place_costs_nothing_of_the_time() -> None:
    """A call that waited for its place longer than it may take still has all its time."""
    bulkhead, gate = Bulkhead(1, queue=1, wait_s=60), asyncio.Event()
    running = asyncio.create_task(bulkhead.call(gate.wait))
    await asyncio.sleep(0)
    policy = Policy(bulkhead=bulkhead, timeout=Timeout(0.01))
    waiting = asyncio.create_task(policy.call(asyncio.sleep, 0, "answer"))
    await asyncio.sleep(0.03)
    gate.set()
    await running
    assert await waiting == "answer"


async def test_as_a_decorator_guards_are_shared_by_all_calls() -> None:
    """The function keeps its name; its breaker opens after four calls."""
    guard = breaker()

    @Policy(breaker=guard).guard
    async def ask(question: str) -> str:
        """Ask."""
        raise DownError(question)

    assert (ask.__name__, ask.__doc__) == ("ask", "Ask.")
    for _ in range(4):
        with pytest.raises(DownError, match="why"):
            await ask("why")
    assert guard.state is CircuitState.OPEN


async def test_a_fallback_answers_only_for_what_it_is_for() -> None:
    """Other failures pass, and so does a cancellation."""
    policy = Policy(fallback=Fallback(substitute, answers=lambda error: isinstance(error, DownError)))
    assert await policy.call(fail) == "DownError"

    async def wrong(error: BaseException) -> str:
        raise error

    for error in (ValueError("wrong"), asyncio.CancelledError()):
        with pytest.raises(type(error)):
            await policy.call(wrong, error)
