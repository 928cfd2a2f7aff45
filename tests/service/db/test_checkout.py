import asyncio
import contextlib

import pytest

from service.errors import PoolTimeoutError
from service.queries import Query
from tests.service.db.fake_pool import ANY, FakeConnection, Lending
from tests.service.db.fake_time import run


async def borrowed(lending: Lending) -> FakeConnection:
    """Borrow a connection, give it back, and answer which it was."""
    async with lending.checkout() as connection:
        return connection._lent


async def test_a_connection_that_was_only_asked_is_kept() -> None:
    """The next checkout gets it from the shelf; the pool hears of neither."""
    lending = Lending.of()
    async with lending.checkout() as connection:
        await connection.fetch(ANY)
        first = connection._lent
    assert await borrowed(lending) is first
    assert (lending.pool.acquired, lending.pool.released) == (1, [])


async def test_the_one_used_last_is_taken_first() -> None:
    """Of two that are kept, the warmer one."""
    lending = Lending.of(2)
    async with lending.checkout() as one:
        await borrowed(lending)
        warm = one._lent
    assert await borrowed(lending) is warm


async def test_who_waits_gets_what_is_laid_down() -> None:
    """A connection goes from hand to hand while requests wait, and the pool hears nothing of it."""
    lending = Lending.of()
    async with lending.checkout() as connection:
        first = connection._lent
        waiting = [asyncio.create_task(borrowed(lending)) for _ in range(3)]
        await asyncio.sleep(0)
    assert [await visit for visit in waiting] == [first] * 3
    assert (lending.pool.acquired, lending.pool.released) == (1, [])


async def test_each_checkout_ends_in_a_reset_where_it_is_to() -> None:
    """With the knob `reset` off a connection is reset, in bounded time, and kept all the same."""
    lending = Lending.of(resets=True, timeout_s=5.0)
    first = await borrowed(lending)
    assert await borrowed(lending) is first
    assert (first.resets, lending.pool.released) == ([5.0, 5.0], [])


async def test_no_reset_where_there_is_none_to_be() -> None:
    """With the knob on, a connection that was only asked is as good as new."""
    lending = Lending.of()
    assert (await borrowed(lending)).resets == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectionResetError("gone"), contextlib.nullcontext()),
        (asyncio.CancelledError(), pytest.raises(asyncio.CancelledError)),
        (RuntimeError("bug"), pytest.raises(RuntimeError)),
    ],
    ids=["gone", "cancelled", "bug"],
)
async def test_a_connection_whose_reset_failed_goes_back_to_the_pool(
    error: BaseException, told: contextlib.AbstractContextManager[object]
) -> None:
    """It is not kept, whatever it was that went wrong; only the server's being gone is nobody's error."""
    lending = Lending.of(resets=True)
    checkout = lending.checkout()
    await checkout.__aenter__()
    checkout._lent.reset_fails = error
    with told:
        await checkout.__aexit__()
    assert lending.pool.released == [(checkout._lent, 5.0)]
    assert (lending.now().returned, lending.lender.gate.inside) == (1, 0)


async def test_a_dead_connection_is_not_reset() -> None:
    """The pool replaces it."""
    lending = Lending.of(resets=True)
    async with lending.checkout() as connection:
        connection._lent.closed = True
    assert connection._lent.resets == []
    assert len(lending.pool.released) == 1


async def test_nothing_is_kept_for_the_basic_pool() -> None:
    """It is asyncpg's own: each checkout goes through it."""
    lending = Lending.of(keeps=False)
    assert await borrowed(lending) is not await borrowed(lending)
    assert (lending.pool.acquired, len(lending.pool.released)) == (2, 2)


async def test_a_session_goes_back_to_the_pool() -> None:
    """Whoever took the session may have changed it: the pool resets it, and not for ever."""
    lending = Lending.of(timeout_s=5.0)
    async with lending.checkout() as connection:
        taken = connection.session()
    assert lending.pool.released == [(taken, 5.0)]
    assert await borrowed(lending) is not taken


async def test_a_broken_off_query_goes_back_to_the_pool() -> None:
    """What is left of it on the wire is the pool's to clear up, even when the error was handled in the block."""
    lending = Lending.of()
    async with lending.checkout() as connection:
        with pytest.raises(KeyError):
            await connection.fetch(Query("bad", "SELECT $1", ("missing",)))
        broken = connection._lent
    assert lending.pool.released == [(broken, 5.0)]


async def test_an_open_transaction_goes_back_to_the_pool() -> None:
    """Nobody finds himself in another's transaction."""
    lending = Lending.of()
    async with lending.checkout() as connection:
        connection._lent.in_transaction = True
    assert len(lending.pool.released) == 1


async def test_an_error_of_the_block_s_own_keeps_the_connection() -> None:
    """An error that is not a query's says nothing about the connection."""
    lending = Lending.of()

    async def fail() -> None:
        async with lending.checkout():
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert lending.pool.released == []
    assert (lending.now().busy, lending.lender.gate.inside) == (0, 0)


@pytest.mark.parametrize(("closed", "returned"), [(True, False), (False, True)], ids=["ending", "taken back"])
async def test_a_kept_connection_that_died_is_not_lent(closed: bool, returned: bool) -> None:
    """The pool makes another; one of whose end the pool has not heard is ended for good."""
    lending = Lending.of()
    dead = await borrowed(lending)
    dead.closed, dead.returned = closed, returned
    assert await borrowed(lending) is not dead
    assert dead.terminated == closed
    assert lending.pool.acquired == 2


async def test_a_reset_that_fails_with_the_server_is_nobody_s_error() -> None:
    """The work was done and the connection is gone; the place is free, and the next checkout gets another."""
    lending = Lending.of()
    lending.pool.release_fails = ConnectionResetError("gone")
    async with lending.checkout() as connection:
        connection.session()
    assert (lending.now().returned, lending.lender.gate.inside) == (1, 0)
    assert await borrowed(lending)


async def test_a_release_that_fails_otherwise_is_told() -> None:
    """A mistake of ours is not swallowed, and loses no place either."""
    lending = Lending.of(keeps=False)
    lending.pool.release_fails = RuntimeError("bug")
    with pytest.raises(RuntimeError):
        await borrowed(lending)
    assert (lending.now().busy, lending.lender.gate.inside) == (0, 0)


@pytest.mark.parametrize("at_the_gate_s", [0.0, 3.0])
def test_one_deadline_spans_the_gate_and_the_pool(at_the_gate_s: float) -> None:
    """Whoever has waited at the gate has so much less time for a connection that is still being made."""

    async def scenario() -> float:
        lending = Lending.of(timeout_s=5.0, keeps=False)
        loop = asyncio.get_running_loop()
        lending.lender.usage.clock = loop.time
        if at_the_gate_s:
            first = lending.checkout()
            await first.__aenter__()
            loop.call_later(at_the_gate_s, lambda: asyncio.ensure_future(first.__aexit__()))
        lending.pool.comes = asyncio.Event()
        with pytest.raises(PoolTimeoutError, match="within 5 s"):
            await lending.checkout().__aenter__()
        now = lending.now()
        assert (now.timeouts, now.failures, now.waiting, lending.lender.gate.inside) == (1, 0, 0, 0)
        return loop.time()

    assert run(scenario()) == 5.0


async def test_a_connection_that_is_still_made_is_waited_for() -> None:
    """It is lent when it comes, and the wait is counted as one."""
    lending = Lending.of()
    lending.pool.comes = asyncio.Event()
    asking = asyncio.create_task(borrowed(lending))
    await asyncio.sleep(0)
    assert lending.now().waiting == 1
    lending.pool.comes.set()
    assert await asking
    assert (lending.now().waited, lending.now().busy) == (1, 0)


async def test_cancelled_while_the_connection_is_made_loses_no_place() -> None:
    """The place at the gate goes to the next."""
    lending = Lending.of()
    lending.pool.comes = asyncio.Event()
    asking = asyncio.create_task(borrowed(lending))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    lending.pool.comes.set()
    assert (lending.now().failures, lending.lender.gate.inside) == (1, 0)
    assert await borrowed(lending)
