"""What happens to calls that take too long."""

import asyncio
import math

import pytest

from service.errors import ConfigurationError
from service.resilience import CallTimeoutError, Timeout


async def test_a_call_that_takes_too_long_is_cancelled() -> None:
    """The error says how long it was given, and the call does not go on."""
    ended = []

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    with pytest.raises(CallTimeoutError, match=r"longer than 0\.01 s"):
        await Timeout(0.01).call(hang)
    assert ended


async def test_a_timeout_of_the_call_itself_stays_what_it_is() -> None:
    """Not ours: another deadline, inside the call, was missed."""

    async def fail() -> None:
        raise TimeoutError("theirs")

    with pytest.raises(TimeoutError, match="theirs") as caught:
        await Timeout(10).call(fail)
    assert not isinstance(caught.value, CallTimeoutError)


async def test_a_cancellation_from_outside_stays_one() -> None:
    """A client that leaves is not a timeout."""
    task = asyncio.create_task(Timeout(10).call(asyncio.Event().wait))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("seconds", [0, -1, math.inf, math.nan])
def test_no_time_and_endless_time_are_refused(seconds: float) -> None:
    """In one sentence."""
    with pytest.raises(ConfigurationError, match="a timeout must be above 0 and finite"):
        Timeout(seconds)
