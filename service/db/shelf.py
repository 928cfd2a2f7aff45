"""Connections that stay borrowed from asyncpg's pool between two checkouts.

asyncpg's release starts a task, shielded from cancellation, whether or not there is anything to wait for; with the
session unchanged there is not. So a connection that is as good as new is laid on the shelf, from where the next
checkout takes it, without a task and without a round of the event loop in between. One whose session was taken,
whose query or reset was broken off, or that is in a transaction is given back to asyncpg, which resets or replaces it.
"""

from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Sequence


class Shelf:
    """The last to be laid down is the first to be taken: what was used last is what the caches know best."""

    __slots__ = ("_kept", "_open")

    def __init__(self, *, keeps: bool) -> None:
        """Without `keeps` it takes nothing, so that everything goes back to asyncpg."""
        self._kept: list[asyncpg.Connection] = []
        self._open = keeps

    def take(self) -> "asyncpg.Connection | None":
        """A connection that is alive, if there is one."""
        while self._kept:
            connection = self._kept.pop()
            if is_alive(connection):
                return connection
        return None

    def put(self, connection: "asyncpg.Connection") -> bool:
        """Keep a connection; False when it has to go back to asyncpg."""
        if not self._open or not is_alive(connection) or connection.is_in_transaction():
            return False
        self._kept.append(connection)
        return True

    def close(self) -> "Sequence[asyncpg.Connection]":
        """Keep nothing any more; what was kept must go back to asyncpg."""
        self._open = False
        kept, self._kept = self._kept, []
        return kept


def is_alive(connection: "asyncpg.Connection") -> bool:
    """Whether it is connected; if not, asyncpg has it back and replaces it."""
    try:
        if not connection.is_closed():
            return True
    except asyncpg.InterfaceError:
        # It ended while it lay here, and asyncpg took it back.
        return False
    # It is ending, and asyncpg has yet to hear of it.
    connection.terminate()
    return False
