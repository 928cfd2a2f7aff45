"""Our circuit breaker and its rivals, each put around a function in the cheapest way it offers."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiobreaker
import circuitbreaker
import interlock
import purgatory

from service.resilience import CircuitBreaker, CircuitOpenError

Function = Callable[[], Awaitable[int]]


class DownError(Exception):
    """The guarded function failed."""


async def answer() -> int:
    """Succeed at once."""
    return 1


async def fail() -> int:
    """Fail at once."""
    raise DownError


@dataclass(frozen=True, slots=True)
class Guard:
    """One breaker, as yet closed: puts itself around a function, and says how it rejects."""

    around: Callable[[Function], Function]
    rejection: type[Exception]

    async def open(self) -> Function:
        """Fail until the circuit is open; a guarded function that will be rejected."""
        failing = self.around(fail)
        for _ in range(1000):
            try:
                await failing()
            except self.rejection:
                return self.around(answer)
            except DownError:
                continue
        raise AssertionError("a thousand failures opened nothing")


def none() -> Guard:
    """No breaker: what the call itself costs."""
    return Guard(lambda function: function, CircuitOpenError)


def ours() -> Guard:
    """`service.resilience`, by `call`."""
    breaker = CircuitBreaker("micro")
    return Guard(lambda function: functools.partial(breaker.call, function), CircuitOpenError)


def of_interlock() -> Guard:
    """The library interlock-cb."""
    breaker = interlock.CircuitBreaker(name="micro")
    return Guard(lambda function: functools.partial(breaker.call_async, function), interlock.CircuitOpenError)


def of_circuitbreaker() -> Guard:
    """The library circuitbreaker."""
    breaker = circuitbreaker.CircuitBreaker(name="micro")
    return Guard(breaker.decorate, circuitbreaker.CircuitBreakerError)


def of_purgatory() -> Guard:
    """The library purgatory."""
    from purgatory.domain.model import OpenedState

    factory = purgatory.AsyncCircuitBreakerFactory()
    return Guard(factory("micro"), OpenedState)


def of_aiobreaker() -> Guard:
    """The library aiobreaker."""
    breaker = aiobreaker.CircuitBreaker()
    return Guard(lambda function: functools.partial(breaker.call_async, function), aiobreaker.CircuitBreakerError)


RIVALS = {
    "ours": ours,
    "interlock-cb": of_interlock,
    "circuitbreaker": of_circuitbreaker,
    "purgatory": of_purgatory,
    "aiobreaker": of_aiobreaker,
}
