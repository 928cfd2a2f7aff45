"""External servers: the lab is a guest, and says clearly when the door is closed."""

import asyncpg
import pytest
from redis.asyncio import Redis

from bench.errors import ProvisionError
from bench.lifetime import Custody
from bench.provision import External, Servers, start

pytestmark = pytest.mark.servers


@pytest.fixture
def where(embedded: Servers) -> External:
    """Someone else's servers."""
    return External(embedded.postgres.dsn(), embedded.redis_database(4))


async def _names(where: External) -> set[str]:
    connection = await asyncpg.connect(where.postgres_dsn)
    try:
        return {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
    finally:
        await connection.close()


async def _execute(where: External, statement: str) -> None:
    connection = await asyncpg.connect(where.postgres_dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_databases_are_marked_and_dropped(custody: Custody, where: External) -> None:
    """A database is usable under the lab's own name for it, has the prefix on the server, and goes."""
    before = await _names(where)
    async with start("external", custody, where=where) as servers:
        dsn = await servers.postgres.create_database("corpus")
        copied = await servers.postgres.create_database("copy", template="corpus")
        assert dsn == servers.postgres.dsn("corpus")
        assert copied != dsn
        made = await _names(where) - before
        assert len(made) == 2
        assert all(name.startswith("perflab_") for name in made)
        await servers.postgres.drop_database("copy")
    assert await _names(where) == before


async def test_long_names_stay_apart(custody: Custody, where: External) -> None:
    """Names that differ only where PostgreSQL would cut them off are two databases."""
    async with start("external", custody, where=where) as servers:
        for ending in "ab":
            await servers.postgres.create_database("n" * 59 + ending)
        connection = await asyncpg.connect(servers.postgres.dsn("n" * 59 + "a"))
        await connection.close()


async def test_only_what_was_made_is_dropped(custody: Custody, where: External) -> None:
    """A database of the user's stays even when its name begins as the lab's do."""
    await _execute(where, "CREATE DATABASE perflab_of_my_own")
    await _execute(where, "COMMENT ON DATABASE perflab_of_my_own IS 'dear to me'")
    async with start("external", custody, where=where) as servers:
        with pytest.raises(ProvisionError, match="not this lab's"):
            await servers.postgres.drop_database("of_my_own")
    assert "perflab_of_my_own" in await _names(where)
    await _execute(where, "DROP DATABASE perflab_of_my_own")


async def test_databases_of_dead_labs_go_and_of_living_ones_stay(custody: Custody, where: External) -> None:
    """The next lab drops what a killed one left, and nothing of a lab that is still connected."""
    await _execute(where, "CREATE DATABASE perflab_dead_corpus")
    await _execute(
        where,
        "COMMENT ON DATABASE perflab_dead_corpus IS 'made by perflab, dropped with its lab perflab dead'",
    )
    async with start("external", custody, where=where) as living:
        await living.postgres.create_database("corpus")
        assert "perflab_dead_corpus" not in await _names(where)
        during = await _names(where)
        async with start("external", custody, where=where):
            assert await _names(where) == during
        assert await _names(where) == during


async def test_redis_is_never_flushed(custody: Custody, where: External) -> None:
    """Keys of the user's survive the lab; the lab's databases begin at the index in the user's URL."""
    async with Redis.from_url(where.redis_url) as client:
        await client.set("mine", "kept")
        async with start("external", custody, where=where) as servers:
            assert servers.redis_database(0) == where.redis_url
            assert servers.redis_database(2).endswith("/6")
            assert not servers.redis.disposable
        assert await client.get("mine") == b"kept"
        await client.delete("mine")


async def test_settings_and_restarts_are_refused(custody: Custody, where: External) -> None:
    """What only a lab's own server allows is refused with the way out."""
    with pytest.raises(ProvisionError, match="work_mem"):
        async with start("external", custody, where=where, settings={"work_mem": "1MB"}):
            pass
    async with start("external", custody, where=where) as servers:
        with pytest.raises(ProvisionError, match="--services"):
            await servers.postgres.restart()
        with pytest.raises(ProvisionError, match="--services"):
            await servers.second_postgres({"work_mem": "1MB"})


@pytest.mark.parametrize(
    ("dsn", "redis", "named"),
    [
        ("postgresql://me:s3cret@127.0.0.1:1/db", "", "PostgreSQL at 127.0.0.1:1"),
        ("postgresql://me:s3cret@no.such.host.invalid/db", "", "no.such.host.invalid:5432"),
        ("", "redis://:s3cret@127.0.0.1:1/0", "Redis at 127.0.0.1:1"),
        ("host=localhost password=s3cret", "", "PERFLAB_POSTGRES_DSN"),
        ("", "http://:s3cret@localhost", "PERFLAB_REDIS_URL"),
        ("", "redis://:s3cret@localhost/zero", "PERFLAB_REDIS_URL"),
    ],
)
async def test_a_server_that_does_not_answer_is_named_without_its_password(
    custody: Custody, where: External, dsn: str, redis: str, named: str
) -> None:
    """The error says which server and where, and keeps the password to itself."""
    wrong = External(dsn or where.postgres_dsn, redis or where.redis_url)
    with pytest.raises(ProvisionError, match=named) as caught:
        async with start("external", custody, where=wrong):
            pass
    assert "s3cret" not in str(caught.value)


async def test_a_wrong_password_is_said_and_not_shown(custody: Custody, where: External) -> None:
    """PostgreSQL's refusal reaches the user without the password that was refused."""
    wrong = External(where.postgres_dsn.replace("postgres:", "postgres:wr0ng", 1), where.redis_url)
    with pytest.raises(ProvisionError, match="authentication failed") as caught:
        async with start("external", custody, where=wrong):
            pass
    assert "wr0ng" not in str(caught.value)


def test_missing_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its environment variables the external kind says which it needs, with an example."""
    monkeypatch.delenv("PERFLAB_POSTGRES_DSN", raising=False)
    monkeypatch.setenv("PERFLAB_REDIS_URL", "redis://localhost")
    with pytest.raises(ProvisionError, match="need PERFLAB_POSTGRES_DSN in"):
        External.from_environment()
    monkeypatch.setenv("PERFLAB_POSTGRES_DSN", "postgresql://localhost")
    assert External.from_environment() == External("postgresql://localhost", "redis://localhost")
