"""Borrowed connections: timed queries, and a reset at release only when the session was changed.

asyncpg resets a connection at every release: one more round trip, which for short queries is most of the
cost of a checkout. It is needed only when the session may have been changed. The statements of `sql/queries`
change none (`service.queries` refuses those that would), and the only other way to a connection, `session`,
takes it that whoever asks is about to.
"""

from typing import TYPE_CHECKING

import asyncpg

from service.errors import DatabaseUnavailableError
from service.queries import Query
from service.telemetry import Timed

if TYPE_CHECKING:
    from collections.abc import Sequence

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    # The server is starting or shutting down, or ended the query.
    asyncpg.OperatorInterventionError,
    # Too many connections, no memory, no disk.
    asyncpg.InsufficientResourcesError,
)
"""What asyncpg raises when the server, not the statement, is at fault."""


class SessionAwareConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg ships no types
    """Runs the reset query at release if, and only if, the session was touched since the last one."""

    _touched = False

    def touch(self) -> None:
        """Say that the session is about to be changed: SET, LISTEN, advisory locks, temporary tables, cursors."""
        self._touched = True

    def get_reset_query(self) -> str:
        """Asyncpg's reset query when the session was touched, else nothing."""
        if not self._touched:
            return ""
        # If the reset then fails, the pool drops the connection: it cannot come back unclean.
        self._touched = False
        query: str = super().get_reset_query()
        return query


class Connection:
    """A borrowed connection: runs queries and adds their time to the request's `db`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: "asyncpg.Connection") -> None:
        self._connection = connection

    async def fetch(self, query: Query, /, **values: object) -> "Sequence[asyncpg.Record]":
        """All rows of a query.

        Raises DatabaseUnavailableError when the server is gone or takes longer than `command_timeout_s`.
        """
        with Timed("db"):
            try:
                rows: Sequence[asyncpg.Record] = await self._connection.fetch(query.sql, *query.arguments(values))
            except UNAVAILABLE as error:
                raise DatabaseUnavailableError(f"the query {query.name} failed: {_reason(error)}") from error
            except asyncpg.InterfaceError as error:
                # The same class stands for a lost connection and for a programming error.
                if not self._connection.is_closed():
                    raise
                raise DatabaseUnavailableError(f"the query {query.name} lost its connection") from error
        return rows

    def session(self) -> "asyncpg.Connection":
        """Asyncpg's own connection, to do anything with; its session is reset when it goes back to the pool."""
        # A pool lends proxies, which pass for instances of any connection class: ask for the method, not the class.
        touch = getattr(self._connection, "touch", None)
        if touch is not None:
            touch()
        return self._connection


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
