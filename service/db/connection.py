"""A connection that is reset only when its session was changed.

asyncpg resets a connection at every release: one more round trip, which for short queries is most of the
cost of a checkout. It is needed only when the session may have been changed. Queries from `sql/queries`
change none (a test holds that); whoever changes the session says so with `touch`.
"""

from collections.abc import Callable
from typing import Any

import asyncpg


class SessionAwareConnection(asyncpg.Connection):  # type: ignore[misc] # asyncpg ships no types
    """Runs the reset query at release if, and only if, the session was touched since the last one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._touched = False

    def touch(self) -> None:
        """Say that the session is about to be changed: SET, LISTEN, advisory locks, temporary tables, cursors."""
        self._touched = True

    async def add_listener(self, channel: str, callback: Callable[..., object]) -> None:
        """Listen as asyncpg does; LISTEN changes the session."""
        self.touch()
        await super().add_listener(channel, callback)

    def get_reset_query(self) -> str:
        """Asyncpg's reset query when the session was touched, else nothing."""
        if not self._touched:
            return ""
        self._touched = False
        query: str = super().get_reset_query()
        return query
