import asyncio

import pytest

from service.cache.flights import Flights
from tests.service.work import Work


async def all_have_begun() -> None:
    """Let tasks that were just made run to their first wait: none of them waits for input or output."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_concurrent_misses_compute_once() -> None:
    """A popular answer that just expired is not computed by everyone at once; one of all knows that it did."""
    flights, work = Flights(), Work()
    asking = [asyncio.create_task(flights.run("key", work)) for _ in range(25)]
    await all_have_begun()
    work.may_end.set()
    assert sorted(await asyncio.gather(*asking)) == [(b"answer", False)] * 24 + [(b"answer", True)]
    assert work.times == 1


async def test_other_keys_do_not_wait() -> None:
    """An answer under way holds up nobody who asks for another."""
    flights, slow = Flights(), Work()
    waiting = asyncio.create_task(flights.run("slow", slow))
    await all_have_begun()
    assert await flights.run("quick", Work.ready()) == (b"answer", True)
    slow.may_end.set()
    await waiting


async def test_who_comes_later_computes_anew() -> None:
    """Flights remember nothing: that is the cache's part."""
    flights, work = Flights(), Work.ready()
    assert await flights.run("key", work) == await flights.run("key", work)
    assert work.times == 2


async def test_a_failure_is_everyone_s() -> None:
    """Who waits for a computation that fails learns why, and the next who asks is not caught in it."""
    flights, work = Flights(), Work(failure=ValueError("no"))
    asking = [asyncio.create_task(flights.run("key", work)) for _ in range(5)]
    await all_have_begun()
    work.may_end.set()
    ended = await asyncio.gather(*asking, return_exceptions=True)
    assert [str(error) for error in ended] == ["no"] * 5
    assert work.times == 1
    assert await flights.run("key", Work.ready()) == (b"answer", True)


async def test_a_failure_that_nobody_else_waits_for_is_raised_once() -> None:
    """It reaches the one who asked, and is not reported a second time as lost."""
    with pytest.raises(ValueError, match="no"):
        await Flights().run("key", Work.failing(ValueError("no")))


async def test_a_client_that_leaves_takes_nobody_with_it() -> None:
    """When the one who computes is cancelled, one of the waiting computes, and the others wait for that one."""
    flights, work = Flights(), Work()
    asking = [asyncio.create_task(flights.run("key", work)) for _ in range(7)]
    await all_have_begun()
    asking[0].cancel()
    asking[1].cancel()
    await all_have_begun()
    work.may_end.set()
    ended = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(one) for one in ended[:2]] == [asyncio.CancelledError] * 2
    assert sorted(ended[2:]) == [(b"answer", False)] * 4 + [(b"answer", True)]
    assert work.times == 2


async def test_a_waiting_client_that_leaves_stops_nothing() -> None:
    """Only its own waiting ends; the computation goes on for the others."""
    flights, work = Flights(), Work()
    asking = [asyncio.create_task(flights.run("key", work)) for _ in range(3)]
    await all_have_begun()
    asking[1].cancel()
    await all_have_begun()
    work.may_end.set()
    assert (await asking[0], await asking[2]) == ((b"answer", True), (b"answer", False))
    assert asking[1].cancelled()
    assert work.times == 1
