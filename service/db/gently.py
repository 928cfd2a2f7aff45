"""Statements that change the schema of a database in use, each with the least that others notice of it.

Two kinds. What needs an exclusive lock for a moment waits only for a moment, too: whoever asks for the table meanwhile
queues up behind it, so it gives up soon, lets them pass and asks again. What runs CONCURRENTLY holds nobody up while it
waits for transactions to end, so it waits for long. Source: PostgreSQL 18, 13.3 Explicit Locking; CREATE INDEX.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from service.db.connection import UNAVAILABLE
from service.db.migrations import connect
from service.errors import DatabaseUnavailableError, MigrationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.queries import Query

LOCK = 0x646F636F
"""Advisory lock that whoever works on the database holds; the letters `doco`. Not that of the migrations: who waits for
an advisory lock has a snapshot, and CREATE INDEX CONCURRENTLY would wait for whoever waits for it."""
ORPHAN_S = 5.0
"""How long a session may live on whose process was killed."""
POLL_S = 0.1
SETTINGS = {
    "application_name": "docaiche online",
    # The server notices within a second that the process was killed, ends what it ran and frees its locks.
    "client_connection_check_interval": "1s",
    # Waiting is bounded by lock timeouts; the work itself takes what it takes.
    "statement_timeout": "0",
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How much others may notice."""

    lock_timeout_s: float = 0.5
    """Longest wait for a lock behind which others queue up."""
    attempts: int = 20
    """How often it is asked for."""
    patience_s: float = 300.0
    """Longest wait for a lock, or for the end of transactions, behind which nobody queues up."""
    batch: int = 500
    """Rows that are written, and locked, at a time."""
    pause_s: float = 0.05
    """Rest between two batches and two attempts: for the others, and for replicas to follow."""


class Session:
    """One connection that changes the schema."""

    def __init__(self, connection: "asyncpg.Connection", pace: Pace) -> None:
        self._connection = connection
        self.pace = pace

    async def fetch(self, query: "Query", **values: object) -> "Sequence[asyncpg.Record]":
        """All rows of a query; what it writes is committed."""
        rows: Sequence[asyncpg.Record] = await self._connection.fetch(query.sql, *query.arguments(values))
        return rows

    async def briefly(self, *statements: str) -> None:
        """Run them in one transaction that waits for no lock longer than `lock_timeout_s`.

        Raises asyncpg.LockNotAvailableError when none of the attempts had its locks; nothing has changed then.
        """
        for attempt in range(1, self.pace.attempts + 1):
            try:
                async with self._connection.transaction():
                    await self._connection.execute(f"SET LOCAL lock_timeout = {_ms(self.pace.lock_timeout_s)}")
                    for statement in statements:
                        await self._connection.execute(statement)
            except asyncpg.LockNotAvailableError:
                if attempt == self.pace.attempts:
                    raise
                await self.rest()
            else:
                return

    async def patiently(self, statement: str, patience_s: float | None = None) -> None:
        """Run it outside of a transaction; it waits for locks up to `patience_s`.

        Raises asyncpg.LockNotAvailableError.
        """
        await self._connection.execute(f"SET lock_timeout = {_ms(patience_s or self.pace.patience_s)}")
        await self._connection.execute(statement)

    async def rest(self) -> None:
        """Leave the database to the others for a moment."""
        await asyncio.sleep(self.pace.pause_s)

    async def claim(self) -> None:
        """Be the only one who works on this database.

        Raises MigrationError when somebody else does.
        """
        for _ in range(round(ORPHAN_S / POLL_S)):
            if await self._connection.fetchval(f"SELECT pg_try_advisory_lock({LOCK})"):
                return
            await asyncio.sleep(POLL_S)
        raise MigrationError("Somebody else is working on this database; try again when that has ended.")


@asynccontextmanager
async def session(dsn: str, pace: Pace, at: Callable[[], str]) -> AsyncIterator[Session]:
    """A session that has the database for itself, as far as this kind of work goes; `at` says what it is doing.

    Raises DatabaseUnavailableError, or MigrationError: somebody else is at it, a lock cannot be had, a statement is
    refused.
    """
    connection = await connect(dsn, {**SETTINGS, "lock_timeout": f"{_ms(pace.patience_s)}ms"})
    try:
        opened = Session(connection, pace)
        await opened.claim()
        yield opened
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(
            f"{at()}: others hold locks for too long; end long transactions, or run it again when there is less to do."
        ) from error
    except asyncpg.UndefinedTableError as error:
        raise MigrationError(f"{at()}: {error}; run `python -m service.migrate up` first.") from error
    except UNAVAILABLE as error:
        raise DatabaseUnavailableError(f"{at()}: PostgreSQL is gone: {error}") from error
    except asyncpg.PostgresError as error:
        raise MigrationError(f"{at()}: {error}.") from error
    finally:
        # The session's end frees its locks.
        await connection.close()


def _ms(seconds: float) -> int:
    # 0 would be no bound at all.
    return max(1, round(seconds * 1000))
