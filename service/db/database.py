"""The pool of connections, basic or tuned by knob."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from service.db.connection import UNAVAILABLE, Connection, SessionAwareConnection
from service.errors import ConfigurationError, DatabaseUnavailableError
from service.queries import Query
from service.settings import Settings
from service.telemetry import Timed

CONNECT_TIMEOUT_S = 10.0


class Database:
    """The service's connections; open it before use, close it after."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: asyncpg.Pool | None = None
        # asyncpg's own default is to wait for ever.
        self._acquire_timeout_s = settings.acquire_timeout_s if settings.pool == "tuned" else None

    async def open(self) -> None:
        """Connect.

        Raises ConfigurationError when the server refuses us, DatabaseUnavailableError when it does not answer.
        """
        try:
            self._pool = await asyncpg.create_pool(**self._options())
        except UNAVAILABLE as error:
            raise DatabaseUnavailableError(f"PostgreSQL does not answer at DOCAICHE_DATABASE_URL: {error}") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise ConfigurationError(f"DOCAICHE_DATABASE_URL is refused: {error}") from error

    async def close(self) -> None:
        """Close every connection, waiting for those in use."""
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a connection.

        Raises DatabaseUnavailableError when none is free within `acquire_timeout_s` (tuned pool).
        """
        pool = self._opened()
        with Timed("pool"):
            try:
                connection = await pool.acquire(timeout=self._acquire_timeout_s)
            except (*UNAVAILABLE, asyncpg.InterfaceError) as error:
                raise DatabaseUnavailableError("no database connection is free") from error
        try:
            yield Connection(connection)
        finally:
            with Timed("pool"):
                await pool.release(connection)

    async def fetch(self, query: Query, /, **values: object) -> "Sequence[asyncpg.Record]":
        """Borrow a connection for one query alone."""
        async with self.connection() as connection:
            return await connection.fetch(query, **values)

    def _opened(self) -> "asyncpg.Pool":
        if self._pool is None:
            raise DatabaseUnavailableError("the database was not opened")
        return self._pool

    def _options(self) -> dict[str, Any]:
        settings = self._settings
        options: dict[str, Any] = {"dsn": settings.database_url.get_secret_value(), "timeout": CONNECT_TIMEOUT_S}
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
