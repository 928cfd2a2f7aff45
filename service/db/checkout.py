"""One checkout, from asking for a connection to having given it back, with everything that is counted on the way."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import asyncpg

from service.db.begun import Begun
from service.db.connection import UNAVAILABLE, Connection, reason
from service.db.gate import Gate
from service.db.usage import Usage
from service.errors import DatabaseUnavailableError, PoolQueueFullError, PoolTimeoutError
from service.telemetry import spent

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class Lender:
    """A pool, the gate before it, and the counters of both."""

    pool: "asyncpg.Pool"
    gate: Gate
    usage: Usage
    timeout_s: float | None
    """Longest wait for a connection, for the turn at the gate and what comes after together; none when None."""


class Checkout:
    """`async with` it, once, for a connection.

    Raises PoolQueueFullError, PoolTimeoutError, or another DatabaseUnavailableError when there is none to be had.
    """

    # A class, not a generator: `contextlib.asynccontextmanager` alone costs more than all that is counted here.
    __slots__ = ("_connection", "_gate", "_lender", "_usage")

    _connection: Connection

    def __init__(self, lender: Lender) -> None:
        self._lender = lender
        self._gate = lender.gate
        self._usage = lender.usage

    async def __aenter__(self) -> Connection:
        """Borrow."""
        usage = self._usage
        asked = usage.clock()
        begun = self._begin() if self._gate.enter_now() else None
        lent = await self._wait(begun, asked) if begun is None or begun.waits else begun.result
        self._connection = connection = Connection(lent, usage)
        now = usage.clock()
        usage.borrowers[self] = now
        usage.wait.add(now - asked)
        spent("pool", now - asked)
        return connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: "TracebackType | None"
    ) -> None:
        """Give back."""
        usage, connection = self._usage, self._connection
        left = usage.clock()
        # A timer for what nearly never waits would cost as much as the counters.
        timeout_s = self._lender.timeout_s if connection.unsettled else None
        try:
            await self._lender.pool.release(connection.lent, timeout=timeout_s)
        except UNAVAILABLE:
            # The reset failed with the server: asyncpg has closed the connection, which no one will ever see again.
            pass
        finally:
            # Also when this was cancelled: asyncpg then goes on giving back by itself, and who is next waits for it.
            self._gate.leave()
            now = usage.clock()
            usage.use.add(now - usage.borrowers.pop(self))
            spent("pool", now - left)

    def _begin(self) -> "Begun[asyncpg.Connection]":
        """Ask the pool, having passed the gate."""
        try:
            return Begun(self._lender.pool.acquire())
        except BaseException as error:
            self._gate.leave()
            self._usage.failures += 1
            _tell(error)

    async def _wait(self, begun: "Begun[asyncpg.Connection] | None", asked: float) -> "asyncpg.Connection":
        """Wait for the turn at the gate, unless past it, and then for the pool."""
        usage = self._usage
        usage.waiters[self] = asked
        try:
            if begun is None:
                await self._turn()
                begun = self._begin()
            lent = await self._rest(begun, asked) if begun.waits else begun.result
        except BaseException:
            usage.given_up_s += usage.clock() - asked
            raise
        finally:
            del usage.waiters[self]
        usage.waited += 1
        return lent

    async def _turn(self) -> None:
        usage = self._usage
        try:
            await self._gate.enter()
        except PoolQueueFullError:
            usage.rejections += 1
            raise
        except PoolTimeoutError:
            usage.timeouts += 1
            raise
        except BaseException:
            usage.failures += 1
            raise

    async def _rest(self, begun: "Begun[asyncpg.Connection]", asked: float) -> "asyncpg.Connection":
        """Wait for a connection that is being made, or given back by someone who was cancelled."""
        usage, timeout_s = self._usage, self._lender.timeout_s
        left_s = None if timeout_s is None else timeout_s - (usage.clock() - asked)
        try:
            async with asyncio.timeout(left_s) as deadline:
                return await begun.rest()
        except BaseException as error:
            self._gate.leave()
            if isinstance(error, TimeoutError) and deadline.expired():
                usage.timeouts += 1
                raise PoolTimeoutError(f"no database connection is free within {timeout_s:.3g} s") from error
            usage.failures += 1
            _tell(error)


def _tell(error: BaseException) -> NoReturn:
    """Raise in the service's words what asyncpg raised on the way to a connection."""
    if isinstance(error, (*UNAVAILABLE, asyncpg.InterfaceError)):
        raise DatabaseUnavailableError(f"no database connection is to be had: {reason(error)}") from error
    raise error
