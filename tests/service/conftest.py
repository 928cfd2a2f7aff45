"""Real servers for the service's tests: one PostgreSQL with a database per state, one Redis."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from itertools import combinations

import asyncpg
import pytest

from bench.corpus import tune
from bench.lifetime import Custody
from bench.provision import Servers, start
from service.db import migrations
from service.db.announcements import Announcements
from service.settings import KNOBS
from tests.service.documents import COLUMNS, WORKSPACES, rows
from tests.service.running import Databases

IN_DATABASE = [name for name, knob in KNOBS.items() if knob.in_database]
STATES = [state for size in range(len(IN_DATABASE) + 1) for state in combinations(IN_DATABASE, size)]


@pytest.fixture(scope="session")
def custody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Custody]:
    """Nothing that the tests start outlives them."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as opened:
        yield opened


@pytest.fixture(scope="session")
def servers(custody: Custody) -> Iterator[Servers]:
    """PostgreSQL and Redis."""
    with asyncio.Runner() as runner:
        provider = start("embedded", custody)
        yield runner.run(provider.__aenter__())
        runner.run(provider.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def databases(servers: Servers) -> Databases:
    """A database of the same documents in every state."""
    by_tunings = asyncio.run(_build(servers))
    return Databases(by_tunings, servers.redis_database(0))


@pytest.fixture
def unannounced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services that listen to nobody: the listener borrows a connection, at a moment soon after the start.

    For tests that count the connections which are lent.
    """
    monkeypatch.setattr(Announcements, "open", lambda _: None)


@pytest.fixture
async def own_copy(servers: Servers, databases: Databases) -> AsyncIterator[str]:
    """URL of a fully tuned database that one test may spoil."""
    template = databases.by_tunings["indexes", "fulltext"].rpartition("/")[2]
    yield await servers.postgres.create_database("own_copy", template=template)
    await servers.postgres.drop_database("own_copy")


@pytest.fixture
async def fresh_redis(servers: Servers) -> AsyncIterator[str]:
    """URL of a Redis database that is empty and that no other test uses."""
    import redis.asyncio

    url = servers.redis_database(1)
    async with redis.asyncio.Redis.from_url(url) as client:
        await client.flushdb()
        yield url


async def _build(servers: Servers) -> dict[tuple[str, ...], str]:
    plain = await servers.postgres.create_database("plain")
    await migrations.up(plain)
    connection = await asyncpg.connect(plain)
    await connection.copy_records_to_table(
        "workspaces", columns=("id", "name"), records=[(name, name.title()) for name in WORKSPACES]
    )
    await connection.copy_records_to_table("documents", columns=COLUMNS, records=rows())
    await connection.execute("SELECT setval(pg_get_serial_sequence('documents', 'id'), max(id)) FROM documents")
    await connection.execute("VACUUM (ANALYZE)")
    await connection.close()
    built: dict[tuple[str, ...], str] = {(): plain}
    for tunings in STATES[1:]:
        built[tunings] = await servers.postgres.create_database("_".join(tunings), template="plain")
        await tune(built[tunings], tunings)
    return built


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests reaches the service."""
    for name in os.environ:
        if name.upper().startswith("DOCAICHE_"):
            monkeypatch.delenv(name)
