"""Other breakers in the place of ours: they reject in our words, and fail where theirs fail."""

import asyncio
import builtins
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.errors import ConfigurationError
from service.resilience import BreakerConfig, Circuit, CircuitBreaker, CircuitOpenError, CircuitState, Policy
from service.resilience.rivals.interlock import Interlock
from service.resilience.rivals.seed import FAILURES, Seed
from service.search.hybrid import circuit
from service.settings import load
from tests.service.resilience.fake_clock import DownError

CONFIG = BreakerConfig(minimum_calls=FAILURES, window_calls=FAILURES, recovery_timeout_s=1000.0)
URL = "postgresql://127.0.0.1/documents"


async def fail() -> str:
    """Fail."""
    raise DownError("down")


async def answer() -> str:
    """Answer."""
    return "well"


def rivals() -> list[Circuit]:
    """One of each kind, closed."""
    return [Seed("wall", recovery_timeout_s=1000), Interlock("wall", CONFIG), CircuitBreaker("wall", CONFIG)]


@pytest.mark.parametrize("rival", rivals(), ids=lambda rival: type(rival).__name__)
async def test_it_opens_and_says_so_in_our_words(rival: Circuit) -> None:
    """Whoever catches our refusal catches theirs; what the call itself raised stays what it was."""
    guarded = Policy(breaker=rival).guard(fail)
    assert rival.snapshot().state is CircuitState.CLOSED
    for _ in range(FAILURES):
        with pytest.raises(DownError):
            await guarded()
    assert rival.snapshot().state is CircuitState.OPEN
    with pytest.raises(CircuitOpenError, match="wall"):
        await guarded()


@pytest.mark.parametrize("rival", rivals(), ids=lambda rival: type(rival).__name__)
async def test_a_call_that_answers_is_let_through(rival: Circuit) -> None:
    """And opens nothing."""
    assert [await rival.call(answer) for _ in range(20)] == ["well"] * 20
    assert rival.snapshot().state is CircuitState.CLOSED


async def test_a_late_success_closes_the_seed_s_open_circuit() -> None:
    """As it was written: one call that began before the fault and ends well undoes what three failures said."""
    seed, gate = Seed("wall", recovery_timeout_s=1000), asyncio.Event()

    async def late() -> str:
        await gate.wait()
        return "well"

    under_way = asyncio.create_task(seed.call(late))
    await asyncio.sleep(0)
    for _ in range(FAILURES):
        with pytest.raises(DownError):
            await seed.call(fail)
    assert seed.snapshot().state is CircuitState.OPEN
    gate.set()
    await under_way
    assert seed.snapshot().state is CircuitState.CLOSED


async def test_the_seed_s_circuit_tries_again_with_everybody_and_closes_by_one() -> None:
    """After its wait every call is let through, and the first that answers closes it."""
    seed = Seed("wall", recovery_timeout_s=30)
    for _ in range(FAILURES):
        with pytest.raises(DownError):
            await seed.call(fail)
    seed._breaker.last_failure_time = datetime.now() - timedelta(seconds=31)  # noqa: DTZ005 - as its own
    with pytest.raises(DownError):
        await seed.call(fail)
    assert seed.snapshot().state is CircuitState.OPEN
    seed._breaker.last_failure_time = datetime.now() - timedelta(seconds=31)  # noqa: DTZ005 - as its own
    assert await seed.call(answer) == "well"
    assert seed.snapshot().state is CircuitState.CLOSED


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({}, CircuitBreaker),
        ({"breaker_kind": "seed"}, Seed),
        ({"breaker_kind": "interlock"}, Interlock),
        ({"breaker": False, "breaker_kind": "seed"}, None),
    ],
)
def test_the_setting_chooses(values: Mapping[str, Any], kind: type | None) -> None:
    """Off is off, whatever the kind."""
    chosen = circuit(load(database_url=URL, **values))
    assert chosen is None if kind is None else type(chosen) is kind


def test_a_library_that_is_not_there_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there for development alone."""
    real = builtins.__import__

    def without(name: str, *others: Any, **more: Any) -> Any:
        if name == "interlock":
            raise ModuleNotFoundError(name)
        return real(name, *others, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match="interlock-cb is not installed"):
        Interlock("wall", CONFIG)
