import asyncio
from dataclasses import dataclass, field

import pytest

from service.cache.flights import MOST_KEPT, Flights
from service.telemetry import Timed, Timing, _current
from tests.service.work import Work


@dataclass
class Shelf:
    """Where answers are kept; it can be slow."""

    answers: list[bytes] = field(default_factory=list)
    begun: int = 0
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_end.set()

    async def __call__(self, answer: bytes) -> None:
        """Keep."""
        self.begun += 1
        await self.may_end.wait()
        self.answers.append(answer)


async def all_have_begun() -> None:
    """Let tasks that were just made run to their first wait: none of them waits for input or output."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_concurrent_misses_compute_once() -> None:
    """A popular answer that just expired is not computed by everyone at once, nor kept by more than one."""
    flights, work, shelf = Flights(), Work(), Shelf()
    asking = [asyncio.create_task(flights.run("key", work, shelf)) for _ in range(25)]
    await all_have_begun()
    work.may_end.set()
    assert await asyncio.gather(*asking) == [b"answer"] * 25
    assert (work.times, shelf.answers) == (1, [b"answer"])


async def test_other_keys_do_not_wait() -> None:
    """An answer under way holds up nobody who asks for another."""
    flights, slow, shelf = Flights(), Work(), Shelf()
    waiting = asyncio.create_task(flights.run("slow", slow, shelf))
    await all_have_begun()
    assert await flights.run("quick", Work.ready(), shelf) == b"answer"
    slow.may_end.set()
    await waiting


async def test_who_comes_later_computes_anew() -> None:
    """Flights remember nothing: that is the cache's part."""
    flights, work, shelf = Flights(), Work.ready(), Shelf()
    for _ in range(2):
        assert await flights.run("key", work, shelf) == b"answer"
        await flights.settle()
    assert work.times == 2


async def test_a_failure_is_everyone_s() -> None:
    """Who waits for a computation that fails learns why, and the next who asks is not caught in it."""
    flights, work, shelf = Flights(), Work(failure=ValueError("no")), Shelf()
    asking = [asyncio.create_task(flights.run("key", work, shelf)) for _ in range(5)]
    await all_have_begun()
    work.may_end.set()
    ended = await asyncio.gather(*asking, return_exceptions=True)
    assert [str(error) for error in ended] == ["no"] * 5
    assert (work.times, shelf.answers) == (1, [])
    assert await flights.run("key", Work.ready(), shelf) == b"answer"


async def test_a_failure_that_nobody_else_waits_for_is_raised_once() -> None:
    """It reaches the one who asked, and is not reported a second time as lost."""
    with pytest.raises(ValueError, match="no"):
        await Flights().run("key", Work.failing(ValueError("no")), Shelf())


async def test_a_client_that_leaves_takes_nobody_with_it() -> None:
    """When the one who computes is cancelled, one of the waiting computes, and the others wait for that one."""
    flights, work, shelf = Flights(), Work(), Shelf()
    asking = [asyncio.create_task(flights.run("key", work, shelf)) for _ in range(7)]
    await all_have_begun()
    asking[0].cancel()
    asking[1].cancel()
    await all_have_begun()
    work.may_end.set()
    ended = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(one) for one in ended[:2]] == [asyncio.CancelledError] * 2
    assert ended[2:] == [b"answer"] * 5
    assert (work.times, shelf.answers) == (2, [b"answer"])


async def test_a_waiting_client_that_leaves_stops_nothing() -> None:
    """Only its own waiting ends; the computation goes on for the others."""
    flights, work, shelf = Flights(), Work(), Shelf()
    asking = [asyncio.create_task(flights.run("key", work, shelf)) for _ in range(3)]
    await all_have_begun()
    asking[1].cancel()
    await all_have_begun()
    work.may_end.set()
    assert (await asking[0], await asking[2]) == (b"answer", b"answer")
    assert asking[1].cancelled()
    assert work.times == 1


async def test_nobody_waits_for_an_answer_to_be_kept() -> None:
    """Who computed it has it at once; until it is kept, so have all who ask for it, and nobody computes again."""
    flights, work, shelf = Flights(), Work.ready(), Shelf()
    shelf.may_end.clear()
    assert await flights.run("key", work, shelf) == b"answer"
    assert await flights.run("key", work, shelf) == b"answer"
    assert (work.times, shelf.answers) == (1, [])
    shelf.may_end.set()
    await flights.settle()
    assert (work.times, shelf.answers) == (1, [b"answer"])
    assert await flights.run("key", work, shelf) == b"answer"
    assert work.times == 2


async def test_a_client_that_leaves_has_its_answer_kept() -> None:
    """What keeps is not the client's request: it goes on when that is given up."""
    flights, work, shelf = Flights(), Work(), Shelf()
    shelf.may_end.clear()
    first, second = (asyncio.create_task(flights.run("key", work, shelf)) for _ in range(2))
    await all_have_begun()
    work.may_end.set()
    assert await second == b"answer"
    first.cancel()
    await asyncio.wait([first])
    shelf.may_end.set()
    await flights.settle()
    assert (work.times, shelf.answers) == (1, [b"answer"])


async def test_who_could_not_read_keeps_nothing() -> None:
    """Without a way to keep the flight ends with the answer."""
    flights, work = Flights(), Work.ready()
    assert [await flights.run("key", work, None) for _ in range(2)] == [b"answer"] * 2
    assert work.times == 2


async def test_what_is_not_kept_in_time_does_not_pile_up() -> None:
    """Beyond a number of answers that are being kept, a further one is given and not kept; later they are again."""
    flights, shelf = Flights(), Shelf()
    shelf.may_end.clear()
    for number in range(MOST_KEPT + 10):
        assert await flights.run(str(number), Work.ready(), shelf) == b"answer"
    await all_have_begun()
    assert shelf.begun == MOST_KEPT
    shelf.may_end.set()
    await flights.settle()
    assert len(shelf.answers) == MOST_KEPT
    await flights.run("later", Work.ready(), shelf)
    await flights.settle()
    assert len(shelf.answers) == MOST_KEPT + 1


async def test_keeping_takes_none_of_the_request_s_time() -> None:
    """Server-Timing tells what a request waited for, and for this it does not."""
    flights, told = Flights(), Timing()
    token = _current.set(told)
    try:
        with Timed("cache"):
            pass
        before = told.cache

        async def keep(_: bytes) -> None:
            with Timed("cache"):
                await asyncio.sleep(0)

        await flights.run("key", Work.ready(), keep)
        await flights.settle()
        assert told.cache == before > 0
    finally:
        _current.reset(token)
