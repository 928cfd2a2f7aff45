"""A server that takes its leave while nobody asks: its message comes before the connection ends, if ever it does."""

import asyncio

import pytest

from bench.faults.wire import Wire
from service import queries
from service.db import Database
from service.errors import DatabaseUnavailableError
from tests.service.running import ON, Databases


def message(kind: bytes, severity: bytes, code: bytes) -> bytes:
    """ErrorResponse (E) or NoticeResponse (N) of PostgreSQL's protocol."""
    fields = b"S%b\0V%b\0C%b\0Mterminating connection\0\0" % (severity, severity, code)
    return kind + (len(fields) + 4).to_bytes(4, "big") + fields


FAREWELL = message(b"E", b"FATAL", b"57P02")
"""What a backend says that the postmaster tells to quit because another one crashed."""
MARK = message(b"N", b"NOTICE", b"00000")
"""Sent behind it: who has read this has read that."""


class PartingWire(Wire):
    """A wire that can say goodbye in the server's name."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.clients: list[asyncio.StreamWriter] = []

    async def part(self, database: Database) -> int:
        """Say it on every connection, closing none, and wait until asyncpg has read it on each; how many those are."""
        heard = asyncio.Semaphore(0)
        connections = [holder._con for holder in database._opened().pool._holders if holder._con is not None]

        def marked(*_: object) -> None:
            heard.release()

        for connection in connections:
            connection.add_log_listener(marked)
        for writer in self.clients:
            writer.write(FAREWELL + MARK)
        for _ in connections:
            await heard.acquire()
        for connection in connections:
            connection.remove_log_listener(marked)
        return len(connections)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(writer)
        await super()._connected(reader, writer)


@pytest.mark.parametrize("changes", [{}, {"reset": "full"}, {"pool": "basic"}], ids=["tuned", "full reset", "basic"])
async def test_a_farewell_is_an_unavailable_database_and_then_forgotten(
    changes: dict[str, str], databases: Databases
) -> None:
    """Nobody sees asyncpg's own error, and the next query goes over a connection that works."""
    answers = queries.load()["answers"]
    async with PartingWire(databases.by_tunings["indexes", "fulltext"]) as wire:
        database = Database(databases.settings(ON, database_url=wire.url, pool_size=1, **changes))
        await database.open()
        await database.fetch(answers)
        connections = await wire.part(database)
        refused = 0
        for _ in range(connections + 1):
            try:
                await database.fetch(answers)
            except DatabaseUnavailableError:
                refused += 1
        # Each connection is met once at the most; whoever comes after gets a new one.
        assert 1 <= refused <= connections
        await database.fetch(answers)
        await database.close()
