"""How often a call is made again, and what bounds it."""

import asyncio
import random
from collections.abc import Iterator

import pytest
import stamina.instrumentation

from service.errors import ConfigurationError
from service.resilience import CircuitOpenError, Retry, RetryBudget
from tests.service.resilience.fake_clock import DownError


@pytest.fixture
def pauses() -> Iterator[list[float]]:
    """The pauses that stamina makes."""
    seen: list[float] = []
    stamina.instrumentation.set_on_retry_hooks([lambda details: seen.append(details.wait_for)])
    yield seen
    stamina.instrumentation.set_on_retry_hooks(None)


class Flaky:
    """Fails so many times, then answers."""

    def __init__(self, failures: float, error: Exception | None = None) -> None:
        self.failures = failures
        self.error = error or DownError("down")
        self.made = 0

    async def __call__(self) -> str:
        """Fail or answer."""
        self.made += 1
        if self.made <= self.failures:
            raise self.error
        return "answer"


def retry(attempts: int = 3, **settings: object) -> Retry:
    """A retry that does not wait."""
    return Retry(attempts, **{"pause_s": 0.0, **settings})


async def test_a_call_that_fails_is_made_again(pauses: list[float]) -> None:
    """The third of three attempts answers."""
    flaky = Flaky(2)
    assert await retry().call(flaky) == "answer"
    assert (flaky.made, len(pauses)) == (3, 2)


async def test_the_last_failure_is_raised(pauses: list[float]) -> None:
    """After as many attempts as there may be, and no pause after the last."""
    flaky = Flaky(9)
    with pytest.raises(DownError):
        await retry().call(flaky)
    assert (flaky.made, len(pauses)) == (3, 2)


async def test_an_open_circuit_is_not_asked_again() -> None:
    """A rejection ends the attempts."""
    flaky = Flaky(9, CircuitOpenError("wall", 0.0, 1.0))
    with pytest.raises(CircuitOpenError):
        await retry().call(flaky)
    assert flaky.made == 1


async def test_what_is_not_worth_it_is_not_retried() -> None:
    """A wrong argument is as wrong the second time."""
    flaky = Flaky(9, ValueError("wrong"))
    with pytest.raises(ValueError, match="wrong"):
        await retry(retry_on=lambda error: isinstance(error, OSError)).call(flaky)
    assert flaky.made == 1


async def test_retries_are_at_most_their_share_of_the_calls() -> None:
    """A thousand calls that all fail, of up to five attempts each, make a hundred retries and the burst."""
    flaky = Flaky(float("inf"))
    attempts = retry(5, budget=RetryBudget(share=0.1, burst=10))
    for _ in range(1000):
        with pytest.raises(DownError):
            await attempts.call(flaky)
    assert 1000 + 100 <= flaky.made <= 1000 + 100 + 10


def test_a_budget_saves_no_more_than_its_burst() -> None:
    """A quiet day is no licence for a storm."""
    budget = RetryBudget(share=0.5, burst=3)
    for _ in range(1000):
        budget.earn()
    assert [budget.spend() for _ in range(5)] == [True, True, True, False, False]


async def test_pauses_are_drawn_below_a_doubling_bound(pauses: list[float]) -> None:
    """They grow up to the longest, and differ from each other: not all come back at once."""
    attempts = Retry(500, pause_s=1e-4, longest_pause_s=2e-3, budget=RetryBudget(burst=500), jitter=random.Random(1))
    await attempts.call(Flaky(400))
    bounds = [min(2e-3, 1e-4 * 2**n) for n in range(400)]
    assert all(0 <= pause <= bound for pause, bound in zip(pauses, bounds, strict=True))
    assert max(pauses) > 1.9e-3
    assert len(set(pauses)) > 390


async def test_the_last_attempt_takes_nothing_from_the_budget(pauses: list[float]) -> None:
    """Only retries are paid for: three attempts cost two."""
    budget = RetryBudget(share=0.0, burst=10)
    with pytest.raises(DownError):
        await retry(3, budget=budget).call(Flaky(9))
    assert budget.tokens == 8


async def test_a_call_that_is_cancelled_is_not_made_again() -> None:
    """Nobody waits for its answer any more."""
    made = 0

    async def hang() -> None:
        nonlocal made
        made += 1
        await asyncio.sleep(60)

    task = asyncio.create_task(retry(3).call(hang))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert made == 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Retry(0), "attempts must be at least 1"),
        (lambda: Retry(pause_s=3.0, longest_pause_s=2.0), "pause_s must be at least 0 and at most longest_pause_s"),
        (lambda: RetryBudget(share=1.5), "share must be at least 0 and at most 1"),
        (lambda: RetryBudget(burst=0.5), "burst must be at least 1"),
    ],
)
def test_numbers_that_make_no_retry_are_refused(make, says: str) -> None:
    """In one sentence."""
    with pytest.raises(ConfigurationError, match=says):
        make()
