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
from service.telemetry import spent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.db.usage import Usage

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    # The server is starting or shutting down, or ended the query.
    asyncpg.OperatorInterventionError,
    # Too many connections, no memory, no disk.
    asyncpg.InsufficientResourcesError,
    # The server took its leave (crash, shutdown) while nobody asked; asyncpg has read that, but not yet the end.
    asyncpg.InternalClientError,
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
    """A borrowed connection: runs queries and adds their time to the request's `db` and to the pool's query time."""

    __slots__ = ("_lent", "_unsettled", "_usage")

    _lent: "asyncpg.Connection"
    """Asyncpg's own, from when it is borrowed; whoever is about to change its session asks `session` for it."""

    def __init__(self, usage: "Usage") -> None:
        self._usage = usage
        # Whether the server may have to be waited for at the end: for a reset, or until a broken off query has ended.
        self._unsettled = False

    async def fetch(self, query: Query, /, **values: object) -> "Sequence[asyncpg.Record]":
        """All rows of a query.

        Raises DatabaseUnavailableError when the server is gone or takes longer than `command_timeout_s`, or when
        somebody else holds a lock for longer than the statement waits.
        """
        usage = self._usage
        began = usage.clock()
        try:
            rows: Sequence[asyncpg.Record] = await self._lent.fetch(query.sql, *query.arguments(values))
        except BaseException as error:
            self._unsettled = True
            if isinstance(error, asyncpg.InternalClientError):
                # Of no use any more, whether or not its end ever comes.
                self._lent.terminate()
                raise DatabaseUnavailableError(f"the query {query.name} lost its connection") from error
            # A lock that somebody holds for longer than the statement waits is away for now, too.
            if isinstance(error, (*UNAVAILABLE, asyncpg.LockNotAvailableError)):
                raise DatabaseUnavailableError(f"the query {query.name} failed: {reason(error)}") from error
            # The same class stands for a lost connection and for a programming error.
            if isinstance(error, asyncpg.InterfaceError) and self._lent.is_closed():
                raise DatabaseUnavailableError(f"the query {query.name} lost its connection") from error
            raise
        finally:
            took_s = usage.clock() - began
            usage.query_s += took_s
            spent("db", took_s)
        return rows

    def session(self) -> "asyncpg.Connection":
        """Asyncpg's own connection, to do anything with; its session is reset when it goes back to the pool."""
        self._unsettled = True
        # A pool lends proxies, which pass for instances of any connection class: ask for the method, not the class.
        touch = getattr(self._lent, "touch", None)
        if touch is not None:
            touch()
        return self._lent


def reason(error: BaseException) -> str:
    """What an error says, or else what it is."""
    return str(error) or type(error).__name__
