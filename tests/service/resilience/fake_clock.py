"""A clock that only the test moves, and calls that take the time it says."""

import asyncio
from dataclasses import dataclass, field

import pytest

from service.resilience import BreakerConfig, CircuitBreaker, CircuitOpenError


class DownError(Exception):
    """The dependency failed."""


@dataclass
class FakeClock:
    """Seconds since whenever."""

    now: float = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass
class Dependency:
    """A breaker under a fake clock and what it guards."""

    breaker: CircuitBreaker
    clock: FakeClock
    made: int = 0
    gates: list[asyncio.Event] = field(default_factory=list)

    @classmethod
    def guarded(cls, *listeners: object, jitter=None, **config: object) -> "Dependency":
        """One behind a breaker that is judged from four calls on, unless told otherwise."""
        clock = FakeClock()
        settings = {"minimum_calls": 4, "window_calls": 10, "half_open_calls": 2, "slow_call_s": 1.0, **config}
        breaker = CircuitBreaker("wall", BreakerConfig(**settings), listeners=listeners, clock=clock, jitter=jitter)
        return cls(breaker, clock)

    async def _answer(self, seconds: float, error: BaseException | None) -> str:
        self.made += 1
        self.clock.now += seconds
        if error is not None:
            raise error
        return "answer"

    async def succeed(self, times: int = 1, *, seconds: float = 0.0) -> None:
        """Calls one after another that succeed and take so long each."""
        for _ in range(times):
            assert await self.breaker.call(self._answer, seconds, None) == "answer"

    async def fail(self, times: int = 1, *, seconds: float = 0.0, error: BaseException | None = None) -> None:
        """Calls one after another that fail."""
        for _ in range(times):
            failure = error or DownError("down")
            with pytest.raises(type(failure)) as raised:
                await self.breaker.call(self._answer, seconds, failure)
            assert raised.value is failure

    async def is_rejected(self) -> bool:
        """Whether a call is not let through; it succeeds otherwise."""
        made = self.made
        try:
            await self.succeed()
        except CircuitOpenError:
            assert self.made == made
            return True
        return False

    async def begin(self, *, error: Exception | None = None) -> "asyncio.Task[None]":
        """A call that has begun and ends when `end` is called, with this error."""
        gate = asyncio.Event()
        self.gates.append(gate)

        async def wait() -> None:
            self.made += 1
            await gate.wait()
            if error is not None:
                raise error

        task = asyncio.create_task(self.breaker.call(wait))
        await asyncio.sleep(0)
        return task

    def end(self) -> None:
        """Let all calls that have begun end."""
        for gate in self.gates:
            gate.set()


async def cancel(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait until it is gone."""
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
