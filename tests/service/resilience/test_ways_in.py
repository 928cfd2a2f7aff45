"""The ways to put a breaker around something, who is told, and what makes no breaker."""

import asyncio
import inspect
import math

import pytest

from service.errors import ConfigurationError
from service.resilience import BreakerConfig, CircuitBreaker, CircuitOpenError, CircuitState
from tests.service.resilience.fake_clock import Dependency, DownError


class Diary:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def on_transition(self, breaker: CircuitBreaker, before: CircuitState, after: CircuitState) -> None:
        """Write the transition."""
        self.entries.append(f"{breaker.name}: {before} > {after}")

    def on_rejected(self, breaker: CircuitBreaker) -> None:
        """Write the rejection."""
        self.entries.append(f"{breaker.name}: rejected")


class Broken(Diary):
    """Raises whenever it is told anything."""

    def on_transition(self, *facts: object) -> None:
        """Raise."""
        raise RuntimeError("bug")

    def on_rejected(self, *facts: object) -> None:
        """Raise."""
        raise RuntimeError("bug")


async def test_listeners_learn_of_transitions_and_rejections() -> None:
    """In order, and even if the listener before them raises; the caller sees nothing of that."""
    diary = Diary()
    wall = Dependency.guarded(Broken(), diary, half_open_calls=1)
    await wall.fail(4)
    assert await wall.is_rejected()
    wall.clock.now += 60
    await wall.succeed()
    assert diary.entries == [
        "wall: closed > open", "wall: rejected", "wall: open > half_open", "wall: half_open > closed",
    ]  # fmt: skip


async def test_as_a_decorator() -> None:
    """The function keeps its name and signature, methods stay methods, and its calls are guarded."""
    wall = Dependency.guarded()

    class Client:
        @wall.breaker
        async def ask(self, question: str) -> str:
            """Ask."""
            if question == "?":
                raise DownError(question)
            return question.upper()

    assert await Client().ask("why") == "WHY"
    assert inspect.iscoroutinefunction(Client.ask)
    assert (Client.ask.__name__, Client.ask.__doc__) == ("ask", "Ask.")
    for _ in range(3):
        with pytest.raises(DownError):
            await Client().ask("?")
    with pytest.raises(CircuitOpenError):
        await Client().ask("why")


async def test_as_a_context_manager() -> None:
    """A block is guarded like a call: it counts as failed, as slow or not at all, and is not entered when open."""
    wall = Dependency.guarded()
    async with wall.breaker.attempt():
        wall.clock.now += 2
    with pytest.raises(asyncio.CancelledError):
        async with wall.breaker.attempt():
            raise asyncio.CancelledError
    for _ in range(3):
        with pytest.raises(DownError):
            async with wall.breaker.attempt():
                raise DownError("down")
    assert wall.breaker.state is CircuitState.OPEN
    entered = False
    with pytest.raises(CircuitOpenError):
        async with wall.breaker.attempt():
            entered = True
    assert not entered


async def test_many_blocks_at_once() -> None:
    """One breaker guards blocks of several tasks; each counts by itself."""
    wall = Dependency.guarded()

    async def block() -> None:
        async with wall.breaker.attempt():
            await asyncio.sleep(0)

    await asyncio.gather(*(block() for _ in range(5)))
    assert wall.breaker.snapshot().calls == 5


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("failure_rate_threshold", 0.0),
        ("failure_rate_threshold", 50),
        ("slow_call_rate_threshold", 1.1),
        ("slow_call_s", 0),
        ("slow_call_s", math.nan),
        ("minimum_calls", 0),
        ("window_calls", 0),
        ("half_open_calls", 0),
        ("window_s", 0.0),
        ("recovery_timeout_s", math.inf),
        ("recovery_jitter", 1.0),
        ("recovery_jitter", -0.1),
        ("half_open_wait_s", 0.0),
    ],
)
def test_values_that_make_no_breaker_are_refused(setting: str, value: float) -> None:
    """In one sentence that names the setting and the value."""
    with pytest.raises(ConfigurationError, match=rf"^a breaker's {setting} must be .* but is {value}\.$"):
        BreakerConfig(**{setting: value})


def test_a_window_smaller_than_the_minimum_is_judged_when_full() -> None:
    """Such a breaker would otherwise never open."""
    breaker = CircuitBreaker("wall", BreakerConfig(minimum_calls=100, window_calls=5))
    assert breaker._minimum == 5
