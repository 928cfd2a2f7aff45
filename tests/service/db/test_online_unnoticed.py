"""Filling the stored columns of a database in use changes no document, and nobody has to wait for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from bench.provision import Servers
from service import queries
from service.db import online
from service.db.gently import Pace
from tests.service.running import Databases

PACE = Pace(attempts=1000, batch=20, pause_s=0.001)
LIMIT_S = 60.0
HELD, FILLED = 1, 2
"""Ids of two documents."""


@pytest.fixture
async def url(servers: Servers, databases: Databases) -> AsyncIterator[str]:
    """A database of real documents without any tuning."""
    yield await servers.postgres.create_database("unnoticed", template="plain")
    await servers.postgres.drop_database("unnoticed")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection"]:
    """A connection of somebody else."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def test_remembered_answers_stay_true(url: str) -> None:
    """Filling is no change of the documents: the version of answers stays, and nothing is announced."""
    heard: list[str] = []
    version = queries.load()["answers_version"].sql
    async with connected(url) as connection:
        await connection.add_listener("docaiche", lambda *notification: heard.append(notification[-1]))
        before = await connection.fetchval(version)
        await online.apply(url, "fulltext", PACE, lambda _: None)
        assert await connection.fetchval(version) == before
        assert heard == []
        await connection.execute("UPDATE documents SET title = title WHERE id = $1", FILLED)
        assert await connection.fetchval(version) != before
        assert heard == ["documents"]


async def test_a_transaction_of_two_documents_is_not_in_its_way(url: str) -> None:
    """Rows are filled while somebody holds one of them and the version, and that one's next row is free."""
    going_on = asyncio.Event()

    def hear(line: str) -> None:
        if line.startswith("filling the columns:"):
            going_on.set()

    async with connected(url) as client:
        for name in ("add_columns", "keep_function", "keep_trigger"):
            await client.execute(queries.load(online.SQL / "online")[name].sql)
        change = "UPDATE documents SET title = title || '!' WHERE id = $1"
        async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as tasks, client.transaction():
            await client.execute(change, HELD)
            tasks.create_task(online.apply(url, "fulltext", PACE, hear))
            # Nothing ends this wait but a batch that was committed: who waits for the client fills none.
            await going_on.wait()
            await client.execute(change, FILLED)
        assert await client.fetchval("SELECT count(*) FROM documents WHERE search_vector IS NULL") == 0
