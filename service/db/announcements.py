"""What other processes changed, heard over PostgreSQL's LISTEN.

A notification leaves with the transaction that made the change, so who hears it finds the change done. It reaches
only who listens: after a lost connection anything may have changed, and every subscriber is called.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import asyncpg
import structlog

from service.db.connection import UNAVAILABLE

log = structlog.get_logger(__name__)

CHANNEL = "docaiche"
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0


class Announcements:
    """Listens on a connection of its own; open it, subscribe, close it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._subscribers: list[tuple[str, Callable[[], None]]] = []
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, what: str, change: Callable[[], None]) -> None:
        """Call `change` whenever something of this kind was announced, or may have been unheard."""
        self._subscribers.append((what, change))

    def open(self) -> None:
        """Begin to listen."""
        self._task = asyncio.get_running_loop().create_task(self._listen_for_ever(), name="announcements")

    async def close(self) -> None:
        """Listen no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen_for_ever(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._listen()
                pause_s = FIRST_PAUSE_S
            except (*UNAVAILABLE, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("announcements unheard", reason=str(error), again_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _listen(self) -> None:
        """Until the connection is lost."""
        connection = await asyncpg.connect(self._dsn)
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._heard)
            for _, change in self._subscribers:
                change()
            await lost.wait()
        finally:
            connection.terminate()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: str) -> None:
        for what, change in self._subscribers:
            if what == payload:
                change()
