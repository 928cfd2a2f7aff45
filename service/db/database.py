"""The pool of connections, basic or tuned by knob; both are counted in the same way."""

import sys
from time import perf_counter
from typing import TYPE_CHECKING, Any

import asyncpg

from service.db.checkout import Checkout, Lender
from service.db.connection import UNAVAILABLE, SessionAwareConnection
from service.db.gate import Gate
from service.db.shelf import Shelf
from service.db.usage import Clock, PoolSnapshot, Usage
from service.errors import ConfigurationError, DatabaseUnavailableError
from service.queries import Query
from service.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECT_TIMEOUT_S = 10.0


class Database:
    """The service's connections; open it before use, close it after."""

    def __init__(self, settings: Settings, *, clock: Clock = perf_counter) -> None:
        self._settings = settings
        self._usage = Usage(clock)
        self._lender: Lender | None = None

    async def open(self) -> None:
        """Connect.

        Raises ConfigurationError when the server refuses us, DatabaseUnavailableError when it does not answer.
        """
        try:
            pool = await asyncpg.create_pool(**self._options())
        except UNAVAILABLE as error:
            raise DatabaseUnavailableError(f"PostgreSQL does not answer at DOCAICHE_DATABASE_URL: {error}") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise ConfigurationError(f"DOCAICHE_DATABASE_URL is refused: {error}") from error
        self._lender = self._before(pool)

    async def close(self) -> None:
        """Close every connection, waiting for those in use."""
        if self._lender is not None:
            pool = self._lender.pool
            for kept in self._lender.shelf.close():
                await pool.release(kept)
            await pool.close()

    def connection(self) -> Checkout:
        """Borrow a connection: `async with database.connection() as connection`.

        Raises DatabaseUnavailableError when there is none to be had: PoolQueueFullError or PoolTimeoutError when the
        tuned pool is too busy.
        """
        return Checkout(self._opened())

    async def fetch(self, query: Query, /, **values: object) -> "Sequence[asyncpg.Record]":
        """Borrow a connection for one query alone."""
        async with self.connection() as connection:
            return await connection.fetch(query, **values)

    def usage(self) -> PoolSnapshot:
        """What the pool was used for up to now.

        Raises DatabaseUnavailableError before `open`.
        """
        pool = self._opened().pool
        return self._usage.snapshot(size=pool.get_max_size(), open=pool.get_size())

    def _opened(self) -> Lender:
        if self._lender is None:
            raise DatabaseUnavailableError("the database was not opened")
        return self._lender

    def _before(self, pool: "asyncpg.Pool") -> Lender:
        settings = self._settings
        if settings.pool == "basic":
            # asyncpg's own default is to let any number wait for ever.
            return Lender(
                pool, Gate(sys.maxsize, queue=0, timeout_s=1), Shelf(keeps=False), self._usage, timeout_s=None
            )
        gate = Gate(settings.pool_size, queue=settings.acquire_queue, timeout_s=settings.acquire_timeout_s)
        return Lender(
            pool,
            gate,
            Shelf(keeps=True),
            self._usage,
            settings.acquire_timeout_s,
            resets=settings.reset == "full",
        )

    async def _connect(self, *args: Any, **kwargs: Any) -> "asyncpg.Connection":
        """Connect as asyncpg does, and count the time."""
        began = self._usage.clock()
        made = await asyncpg.connect(*args, **kwargs)
        self._usage.create.add(self._usage.clock() - began)
        return made

    def _options(self) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {
            "dsn": settings.database_url.get_secret_value(),
            "timeout": CONNECT_TIMEOUT_S,
            "connect": self._connect,
        }
        if settings.reset == "dirty":
            options["connection_class"] = SessionAwareConnection
        if settings.pool == "tuned":
            options |= {
                "min_size": settings.pool_size,
                "max_size": settings.pool_size,
                "command_timeout": settings.command_timeout_s,
                # Reconnecting in the middle of traffic helps nobody on a healthy network.
                "max_queries": 10_000_000,
                "max_inactive_connection_lifetime": 0,
            }
        return options
