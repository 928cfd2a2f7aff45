import asyncio

import pytest

from service.db.gate import Gate
from service.errors import DatabaseUnavailableError, PoolQueueFullError, PoolTimeoutError
from tests.service.db.fake_time import run


def gate(size: int = 1, *, queue: int = 10, timeout_s: float = 5.0) -> Gate:
    """A gate of one place, unless told otherwise."""
    return Gate(size, queue=queue, timeout_s=timeout_s)


async def turns() -> None:
    """Let the loop go round until everybody who can go on has."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_as_many_as_there_are_places_get_in_at_once() -> None:
    """The next one does not, until one leaves."""
    two = gate(2)
    assert [two.enter_now() for _ in range(3)] == [True, True, False]
    two.leave()
    assert two.enter_now()
    assert two.inside == 2


def test_who_waits_longest_is_next() -> None:
    """Places go in the order of arrival, one by one."""

    async def scenario() -> list[int]:
        one, order = gate(), []
        assert one.enter_now()

        async def visit(number: int) -> None:
            await one.enter()
            order.append(number)
            await asyncio.sleep(0.1)
            one.leave()

        visits = [asyncio.create_task(visit(number)) for number in range(6)]
        await turns()
        assert (one.inside, one.waiting) == (1, 6)
        one.leave()
        await asyncio.gather(*visits)
        assert (one.inside, one.waiting) == (0, 0)
        return order

    assert run(scenario()) == [0, 1, 2, 3, 4, 5]


def test_a_newcomer_cannot_overtake() -> None:
    """Between the leaving of one and the waking of the next, the place is not to be had."""

    async def scenario() -> None:
        one = gate()
        await one.enter()
        waiting = asyncio.create_task(one.enter())
        await turns()
        one.leave()
        assert not one.enter_now()
        await waiting

    run(scenario())


@pytest.mark.parametrize("queue", [0, 1, 3])
def test_a_full_queue_turns_away_at_once(queue: int) -> None:
    """As many wait as may; the next hears no without waiting, and those who wait lose nothing by it."""

    async def scenario() -> None:
        one = gate(queue=queue)
        await one.enter()
        waiting = [asyncio.create_task(one.enter()) for _ in range(queue)]
        await turns()
        with pytest.raises(PoolQueueFullError, match=f"{queue} requests wait"):
            await one.enter()
        assert asyncio.get_running_loop().time() == 0
        for visit in waiting:
            one.leave()
            await visit
        assert (one.inside, one.waiting) == (1, 0)

    run(scenario())


def test_each_waits_up_to_his_own_deadline() -> None:
    """Those who came at different times are turned away at different times, each after `timeout_s`."""

    async def scenario() -> list[tuple[float, float]]:
        one, times = gate(timeout_s=5.0), []
        loop = asyncio.get_running_loop()
        await one.enter()

        async def visit(comes: float) -> None:
            await asyncio.sleep(comes)
            with pytest.raises(PoolTimeoutError, match="no database connection is free within 5 s"):
                await one.enter()
            times.append((comes, loop.time()))

        await asyncio.gather(*(visit(comes) for comes in (0.0, 1.0, 1.0, 4.0)))
        assert (one.inside, one.waiting) == (1, 0)
        one.leave()
        assert one.inside == 0
        return times

    assert run(scenario()) == [(0.0, 5.0), (1.0, 6.0), (1.0, 6.0), (4.0, 9.0)]


def test_a_deadline_is_for_those_who_wait_alone() -> None:
    """Who got in before his deadline may stay for ever, and a later one's deadline is not his predecessor's."""

    async def scenario() -> None:
        one = gate(timeout_s=5.0)
        await one.enter()
        first = asyncio.create_task(one.enter())
        await asyncio.sleep(4)
        second = asyncio.create_task(one.enter())
        await turns()
        one.leave()
        await first
        await asyncio.sleep(4.5)
        assert (first.done(), second.done()) == (True, False)
        one.leave()
        await second
        await asyncio.sleep(60)
        assert (one.inside, one.waiting) == (1, 0)

    run(scenario())


def test_both_refusals_are_the_database_being_unavailable() -> None:
    """Whoever handles DatabaseUnavailableError handles them."""
    assert issubclass(PoolQueueFullError, DatabaseUnavailableError)
    assert issubclass(PoolTimeoutError, DatabaseUnavailableError)


def test_who_is_cancelled_while_waiting_is_forgotten() -> None:
    """His place in the queue is free for another, and his turn goes to the next."""

    async def scenario() -> None:
        one = gate(queue=2)
        await one.enter()
        first, second = asyncio.create_task(one.enter()), asyncio.create_task(one.enter())
        await turns()
        first.cancel()
        await turns()
        assert first.cancelled()
        assert one.waiting == 1
        one.leave()
        await second
        assert (one.inside, one.waiting) == (1, 0)

    run(scenario())


@pytest.mark.parametrize("successor", [True, False], ids=["another waits", "nobody waits"])
@pytest.mark.parametrize("cancelled_first", [True, False], ids=["cancelled, then given", "given, then cancelled"])
def test_a_turn_that_comes_with_the_cancellation_is_not_lost(successor: bool, cancelled_first: bool) -> None:
    """Cancelled in the same round of the loop in which the place is given: the place goes on."""

    async def scenario() -> None:
        one = gate()
        await one.enter()
        cancelled = asyncio.create_task(one.enter())
        waiting = [asyncio.create_task(one.enter())] if successor else []
        await turns()
        steps = [cancelled.cancel, one.leave]
        for step in steps if cancelled_first else reversed(steps):
            step()
        await turns()
        assert cancelled.cancelled()
        await asyncio.gather(*waiting)
        assert (one.inside, one.waiting) == (len(waiting), 0)

    run(scenario())


@pytest.mark.parametrize("given_first", [True, False], ids=["given, then late", "late, then given"])
def test_a_turn_that_comes_with_the_deadline_is_not_lost(given_first: bool) -> None:
    """Whichever comes first in the same round counts; the place is either his or still free."""

    async def scenario() -> None:
        one = gate(timeout_s=5.0)
        await one.enter()
        waiting = asyncio.create_task(one.enter())
        await turns()
        steps = [one.leave, lambda: one._expire(5.0)]
        for step in steps if given_first else reversed(steps):
            step()
        await asyncio.wait([waiting])
        assert (waiting.exception() is None) == given_first
        assert (one.inside, one.waiting) == (int(given_first), 0)

    run(scenario())


@pytest.mark.parametrize("late_first", [True, False], ids=["late, then cancelled", "cancelled, then late"])
def test_a_deadline_that_comes_with_the_cancellation_harms_nobody(late_first: bool) -> None:
    """Turned away and cancelled in the same round: nothing was his, so nothing is given back."""

    async def scenario() -> None:
        one = gate(timeout_s=5.0)
        await one.enter()
        waiting = asyncio.create_task(one.enter())
        await turns()
        steps = [lambda: one._expire(5.0), waiting.cancel]
        for step in steps if late_first else reversed(steps):
            step()
        await turns()
        assert waiting.cancelled()
        assert (one.inside, one.waiting) == (1, 0)
        one.leave()
        assert one.inside == 0

    run(scenario())
