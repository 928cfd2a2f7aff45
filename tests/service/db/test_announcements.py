"""What other processes announce is heard, also after the connection was lost."""

import asyncio

import asyncpg
import pytest

from bench.faults.wire import Wire
from service.db import Announcements
from tests.service.running import Databases


class Heard:
    """Counts calls, and can be waited for."""

    def __init__(self) -> None:
        self.times = 0
        self._called = asyncio.Event()

    async def __call__(self) -> None:
        """One more."""
        self.times += 1
        self._called.set()

    async def reach(self, times: int) -> None:
        """Wait until it was called so often."""
        async with asyncio.timeout(10):
            while self.times < times:
                self._called.clear()
                await self._called.wait()


async def announce(url: str, what: str) -> None:
    """As a transaction that changed something does."""
    connection = await asyncpg.connect(url)
    await connection.execute("SELECT pg_notify('docaiche', $1)", what)
    await connection.close()


@pytest.fixture
def url(databases: Databases) -> str:
    """Of any database."""
    return databases.by_tunings[()]


async def test_who_subscribed_hears_its_kind_alone(url: str) -> None:
    """Each kind by itself; once at the beginning, because nobody knows what went before."""
    keys, documents = Heard(), Heard()
    announcements = Announcements(url)
    announcements.subscribe("keys", keys)
    announcements.subscribe("documents", documents)
    announcements.open()
    await keys.reach(1)
    await announce(url, "keys")
    await announce(url, "nonsense")
    await keys.reach(2)
    await announcements.close()
    assert (keys.times, documents.times) == (2, 1)


async def test_after_a_lost_connection_everybody_is_called(url: str) -> None:
    """What was announced meanwhile was missed, so anything may have changed; then it hears as before."""
    heard = Heard()
    async with Wire(url) as wire:
        announcements = Announcements(wire.url)
        announcements.subscribe("keys", heard)
        announcements.open()
        await heard.reach(1)
        await wire.cut()
        await announce(url, "keys")
        assert heard.times == 1
        await wire.mend()
        await heard.reach(2)
        await announce(url, "keys")
        await heard.reach(3)
        await announcements.close()


async def test_what_was_never_opened_can_be_closed(url: str) -> None:
    """Whoever fails at start closes everything."""
    await Announcements(url).close()
