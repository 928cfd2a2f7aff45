"""One checkout, from asking for a connection to having given it back, with everything that is counted on the way."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import asyncpg

from service.db.connection import UNAVAILABLE, Connection, reason
from service.db.first_step import rest_of
from service.db.gate import Gate
from service.db.shelf import Shelf, is_alive
from service.db.usage import Usage
from service.errors import DatabaseUnavailableError, PoolQueueFullError, PoolTimeoutError
from service.telemetry import spent

if TYPE_CHECKING:
    from collections.abc import Awaitable


@dataclass(frozen=True, slots=True)
class Lender:
    """A pool, the gate before it, the shelf beside it, and the counters of all three."""

    pool: "asyncpg.Pool"
    gate: Gate
    shelf: Shelf
    usage: Usage
    timeout_s: float | None
    """Longest wait for a connection, for the turn at the gate and what comes after together; none when None."""
    resets: bool = False
    """Whether a connection is reset before it is kept on the shelf."""


class Checkout(Connection):
    """A connection for as long as an `async with` lasts; good for one.

    Raises PoolQueueFullError, PoolTimeoutError, or another DatabaseUnavailableError when there is none to be had.
    """

    # A class, not a generator, and the connection itself, not its maker: `contextlib.asynccontextmanager` alone
    # costs more than all that is counted here.
    __slots__ = ("_lender",)

    def __init__(self, lender: Lender) -> None:
        self._lender = lender
        self._usage = lender.usage
        self._unsettled = False

    async def __aenter__(self) -> Connection:
        """Borrow."""
        usage = self._usage
        asked = usage.clock()
        if not self._lender.gate.enter_now():
            await self._wait(asked, self._turn(asked))
        elif rest := self._ask():
            await self._wait(asked, self._rest(rest, asked))
        else:
            # A connection at hand is a wait of nothing; what the pool itself takes for it belongs to the use.
            usage.borrowers[self] = asked
            spent("pool", usage.clock() - asked)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Give back."""
        usage, lender = self._usage, self._lender
        left = usage.clock()
        try:
            try:
                if lender.resets and not self._unsettled:
                    await self._reset()
            finally:
                if self._unsettled or not lender.shelf.put(self._lent):
                    await lender.pool.release(self._lent, timeout=lender.timeout_s)
        except UNAVAILABLE:
            # The reset failed with the server: asyncpg has closed the connection, which nobody will see again.
            pass
        finally:
            # Also when this was cancelled: asyncpg then goes on giving back by itself, and who is next waits for it.
            lender.gate.leave()
            now = usage.clock()
            usage.use.add(now - usage.borrowers.pop(self))
            spent("pool", now - left)

    async def _reset(self) -> None:
        """Do what asyncpg does at every release, without its task; broken off, it is asyncpg's to clear up."""
        self._unsettled = True
        if is_alive(self._lent):
            await self._lent.reset(timeout=self._lender.timeout_s)
            self._unsettled = False

    def _ask(self) -> "Awaitable[asyncpg.Connection] | None":
        """Take a connection, having passed the gate; nothing, or what there is to wait for."""
        if (kept := self._lender.shelf.take()) is not None:
            self._lent = kept
            return None
        steps = self._lender.pool.acquire().__await__()
        try:
            waits_for = next(steps)
        except StopIteration as at_hand:
            self._lent = at_hand.value
            return None
        except BaseException as error:  # noqa: BLE001 - raised again in the service's words
            self._refuse(error)
        return rest_of(steps, waits_for)

    async def _wait(self, asked: float, way: "Awaitable[None]") -> None:
        """Go a way to a connection on which there is something to wait for."""
        usage = self._usage
        usage.waiters[self] = asked
        try:
            await way
        except BaseException:
            usage.given_up_s += usage.clock() - asked
            raise
        finally:
            del usage.waiters[self]
        usage.borrowers[self] = now = usage.clock()
        usage.wait.add(now - asked)
        spent("pool", now - asked)

    async def _turn(self, asked: float) -> None:
        """Wait for the turn at the gate, and then for the pool if need be."""
        usage = self._usage
        try:
            await self._lender.gate.enter()
        except PoolQueueFullError:
            usage.rejections += 1
            raise
        except PoolTimeoutError:
            usage.timeouts += 1
            raise
        except BaseException:
            usage.failures += 1
            raise
        if rest := self._ask():
            await self._rest(rest, asked)

    async def _rest(self, rest: "Awaitable[asyncpg.Connection]", asked: float) -> None:
        """Wait for a connection that is being made, or that someone who was cancelled still gives back."""
        usage, timeout_s = self._usage, self._lender.timeout_s
        left_s = None if timeout_s is None else timeout_s - (usage.clock() - asked)
        try:
            async with asyncio.timeout(left_s) as deadline:
                self._lent = await rest
        except BaseException as error:
            if deadline.expired() and isinstance(error, TimeoutError):
                self._lender.gate.leave()
                usage.timeouts += 1
                raise PoolTimeoutError(f"no database connection is free within {timeout_s:.3g} s") from error
            self._refuse(error)

    def _refuse(self, error: BaseException) -> NoReturn:
        """Give up the place at the gate, and say in the service's words why the pool gave no connection."""
        self._lender.gate.leave()
        self._usage.failures += 1
        if isinstance(error, (*UNAVAILABLE, asyncpg.InterfaceError)):
            raise DatabaseUnavailableError(f"no database connection is to be had: {reason(error)}") from error
        raise error
