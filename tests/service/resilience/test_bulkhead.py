"""How many calls a bulkhead lets run, in which order the others come, and when it gives up."""

import asyncio

import pytest

from service.errors import ConfigurationError
from service.resilience import Bulkhead, BulkheadFullError
from tests.service.resilience.fake_clock import cancel


class Place:
    """Calls that take a place until told to end, and in which order they began."""

    def __init__(self, bulkhead: Bulkhead) -> None:
        self.bulkhead = bulkhead
        self.begun: list[int] = []
        self.may_end = asyncio.Event()

    async def _hold(self, number: int) -> int:
        self.begun.append(number)
        await self.may_end.wait()
        return number

    async def ask(self, number: int) -> "asyncio.Task[int]":
        """One more call, as far as it gets."""
        task = asyncio.create_task(self.bulkhead.call(self._hold, number))
        await asyncio.sleep(0)
        return task


async def test_no_more_than_the_limit_run_and_the_queue_is_in_order() -> None:
    """Two run and three wait; who came first begins first, and all get their answers."""
    place = Place(Bulkhead(2, queue=3))
    asking = [await place.ask(number) for number in range(5)]
    assert (place.begun, place.bulkhead.running, place.bulkhead.waiting) == ([0, 1], 2, 3)
    place.may_end.set()
    assert await asyncio.gather(*asking) == [0, 1, 2, 3, 4]
    assert place.begun == [0, 1, 2, 3, 4]
    assert (place.bulkhead.running, place.bulkhead.waiting) == (0, 0)


async def test_who_finds_the_queue_full_is_rejected_at_once() -> None:
    """And is not called."""
    place = Place(Bulkhead(1, queue=1))
    asking = [await place.ask(number) for number in range(2)]
    with pytest.raises(BulkheadFullError, match="1 calls are under way and 1 wait"):
        await place.bulkhead.call(place._hold, 2)
    place.may_end.set()
    await asyncio.gather(*asking)
    assert place.begun == [0, 1]


async def test_nobody_waits_longer_than_told() -> None:
    """The turn did not come in time: rejected, and the queue has room again."""
    place = Place(Bulkhead(1, queue=1, wait_s=0.01))
    running = await place.ask(0)
    for number in (1, 2):
        with pytest.raises(BulkheadFullError, match="none ended in 0.01 s"):
            await place.bulkhead.call(place._hold, number)
    place.may_end.set()
    assert await running == 0


async def test_who_leaves_the_queue_blocks_nobody() -> None:
    """A cancelled waiter's turn goes to the next, also when it leaves at the moment it gets it."""
    place = Place(Bulkhead(1, queue=3))
    running, leaving, lucky, last = [await place.ask(number) for number in range(4)]
    await cancel(leaving)
    place.may_end.set()
    await running
    lucky.cancel()
    assert await last == 3
    assert (place.bulkhead.running, place.bulkhead.waiting) == (0, 0)


async def test_a_failed_call_gives_its_place_back() -> None:
    """Whatever it raised."""
    bulkhead = Bulkhead(1)

    async def fail() -> None:
        raise ValueError("no")

    for _ in range(3):
        with pytest.raises(ValueError, match="no"):
            await bulkhead.call(fail)


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ({"limit": 0}, "limit must be at least 1"),
        ({"limit": 1, "queue": -1}, "queue must be at least 0"),
        ({"limit": 1, "wait_s": 0}, "wait_s must be above 0"),
    ],
)
def test_numbers_that_let_nothing_through_are_refused(numbers: dict[str, int], says: str) -> None:
    """In one sentence."""
    with pytest.raises(ConfigurationError, match=says):
        Bulkhead(**numbers)
