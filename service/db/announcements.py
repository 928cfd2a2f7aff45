"""What other processes changed, heard over PostgreSQL's LISTEN.

A notification leaves with the transaction that made the change, so who hears it finds the change done. It reaches
only who listens: after a lost connection anything may have changed, and every subscriber is called.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg
import structlog

from service.db.connection import reason

log = structlog.get_logger(__name__)

CHANNEL = "docaiche"
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0

Change = Callable[[], Awaitable[None]]


class Announcements:
    """Listens on a connection of its own; subscribe, open it, close it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._subscribers: dict[str, list[Change]] = {}
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, what: str, change: Change) -> None:
        """Call `change` whenever something of this kind was announced, or may have been unheard.

        Announcements that come while it runs call it once more. When it fails, all are called again a little later.
        """
        self._subscribers.setdefault(what, []).append(change)

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
            except Exception as error:  # noqa: BLE001 - whatever it was: who stops listening goes on with what is old
                log.warning("announcements unheard", reason=reason(error), again_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _listen(self) -> None:
        """Until the connection is lost."""
        connection = await asyncpg.connect(self._dsn)
        heard = _Heard(frozenset(self._subscribers))
        try:
            connection.add_termination_listener(lambda _: heard.end())
            await connection.add_listener(CHANNEL, lambda *notification: heard.add(notification[-1]))
            while not heard.ended:
                for what, changes in self._subscribers.items():
                    if heard.of(what):
                        for change in changes:
                            await change()
                await heard.more()
        finally:
            connection.terminate()


class _Heard:
    """The kinds that were announced and not told on; at first all of them, since anything may have changed."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self._kinds = kinds
        self._untold = set(kinds)
        self._news = asyncio.Event()
        self.ended = False

    def add(self, kind: str) -> None:
        if kind in self._kinds:
            self._untold.add(kind)
            self._news.set()

    def end(self) -> None:
        self.ended = True
        self._news.set()

    def of(self, kind: str) -> bool:
        """Whether this kind was announced since it was asked for last."""
        untold = kind in self._untold
        self._untold.discard(kind)
        return untold

    async def more(self) -> None:
        """Wait for the next, or the end."""
        await self._news.wait()
        self._news.clear()
