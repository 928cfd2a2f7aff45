"""Tunings applied and taken back while others read and write, broken off, and refused."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import pytest

from bench.corpus import databases as corpus
from bench.provision import Servers
from service import queries
from service.db import online
from service.db.gently import Pace
from service.errors import ConfigurationError, MigrationError
from tests.service.documents import WORKSPACES
from tests.service.running import ON, Databases, running

WRONG = """
    SELECT count(*) FROM documents
    WHERE
        search_vector IS DISTINCT FROM
        (setweight(to_tsvector('english', title), 'A') || setweight(to_tsvector('english', content), 'B'))
        OR content_length IS DISTINCT FROM length(content)
"""
INSERT = """
    INSERT INTO documents (workspace_id, technology, title, content, source)
    VALUES ($1, 'python', $2, 'A coroutine that is awaited', 'test') RETURNING id
"""
UPDATE = "UPDATE documents SET content = content || ' once more', updated_at = now() WHERE id % 37 = $1"
CATALOG = """
    SELECT 'column', attname::text, attnotnull::text FROM pg_attribute
    WHERE attrelid = 'documents'::regclass AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT 'index', indexrelid::regclass::text, indisvalid::text FROM pg_index
    WHERE indrelid IN ('documents'::regclass, 'search_logs'::regclass)
    UNION ALL SELECT 'trigger', tgname::text, '' FROM pg_trigger
    WHERE tgrelid = 'documents'::regclass AND NOT tgisinternal
    UNION ALL SELECT 'constraint', conname::text, convalidated::text FROM pg_constraint
    WHERE conrelid = 'documents'::regclass
    UNION ALL SELECT 'function', proname::text, '' FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'option', option, '' FROM pg_class, unnest(reloptions) AS option WHERE relname = 'documents'
    UNION ALL SELECT 'setting', setting, '' FROM pg_db_role_setting, unnest(setconfig) AS setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT 'extension', extname::text, '' FROM pg_extension
    ORDER BY 1, 2
"""
QUICK = Pace(lock_timeout_s=0.5, attempts=200, patience_s=60, batch=200, pause_s=0.001)
HASTY = Pace(lock_timeout_s=0.05, attempts=2, patience_s=0.2, batch=50, pause_s=0.001)
INDEXES = {"documents_search", "documents_statistics"}


class BrokenOffError(Exception):
    """The run ends here."""


@pytest.fixture
async def url(servers: Servers, databases: Databases) -> AsyncIterator[str]:
    """A database of real documents without any tuning."""
    yield await servers.postgres.create_database("online", template="plain")
    await servers.postgres.drop_database("online")


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection"]:
    """A connection of somebody else, who does not wait for ever for a lock."""
    connection = await asyncpg.connect(url, server_settings={"lock_timeout": "30s"})
    try:
        yield connection
    finally:
        await connection.close()


async def catalog(url: str) -> list[tuple[str, ...]]:
    """Everything that a tuning changes; columns that were dropped are gone from it."""
    async with connected(url) as connection:
        return [tuple(row) for row in await connection.fetch(CATALOG)]


async def wrong(url: str) -> int:
    """How many rows hold something else than their text says."""
    async with connected(url) as connection:
        number: int = await connection.fetchval(WRONG)
        return number


def silent(line: str) -> None:
    """Nobody listens."""


@asynccontextmanager
async def in_use(url: str) -> AsyncIterator[Callable[[], dict[str, int]]]:
    """Others write and search all the time; any error of theirs is raised at the end. Answers how much they did."""
    done = {"written": 0, "searched": 0}
    begun, ending = asyncio.Event(), asyncio.Event()

    async def write(number: int) -> None:
        async with connected(url) as connection:
            while not ending.is_set():
                made = await connection.fetchval(INSERT, WORKSPACES[0], f"title {number} {done['written']}")
                # Never the rows of the other writer: two who wait for each other would be a fault of this test.
                await connection.execute(UPDATE, 2 * (done["written"] % 18) + number)
                async with connection.transaction():
                    await connection.execute("UPDATE documents SET title = title || '!' WHERE id = $1", made)
                    if done["written"] % 2:
                        await connection.execute("DELETE FROM documents WHERE id = $1", made)
                done["written"] += 1

    async def search() -> None:
        query = queries.load()["search_in_workspace_v1_computed"]
        values = {"query": "coroutine", "workspace": WORKSPACES[0], "limit": 20, "offset": 0}
        async with connected(url) as connection:
            while not ending.is_set():
                assert await connection.fetch(query.sql, *query.arguments(values))
                done["searched"] += 1
                if all(done.values()):
                    begun.set()

    async with asyncio.TaskGroup() as tasks:
        for task in (write(0), write(1), search()):
            tasks.create_task(task)
        try:
            await asyncio.wait_for(begun.wait(), 60)
            yield lambda: dict(done)
        finally:
            ending.set()


def command(url: str, *words: str) -> list[str | Path]:
    """The command line."""
    return [sys.executable, "-m", "service.online", *words]


def environment(url: str) -> dict[str, str]:
    """With the database that it is for."""
    return {**os.environ, "DOCAICHE_DATABASE_URL": url}


async def ran(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, to its end."""
    return await asyncio.to_thread(
        subprocess.run, command(url, *words), env=environment(url), capture_output=True, text=True, check=False
    )


@contextmanager
def started(url: str, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """The command, killed at the latest with the block."""
    with subprocess.Popen(command(url, *words), env=environment(url), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


async def test_the_columns_come_while_others_write_and_search(url: str) -> None:
    """No statement of theirs fails or waits for a lock beyond its timeout; afterwards every row is right."""
    heard: list[str] = []
    async with in_use(url) as done:
        before = done()
        await online.apply(url, "fulltext", QUICK, heard.append)
        meanwhile = done()
    assert all(meanwhile[what] > before[what] for what in before)
    assert any(line.startswith("filling the columns:") for line in heard)
    assert await wrong(url) == 0
    assert await online.invalid_indexes(url) == []
    state = await catalog(url)
    assert {("column", "search_vector", "true"), ("column", "content_length", "true")} <= set(state)
    assert {name for kind, name, valid in state if kind == "index" and valid == "true"} >= INDEXES


async def test_what_is_written_later_is_kept_right(url: str) -> None:
    """The trigger follows every way to write, and without it a row that lacks its columns is refused."""
    await online.apply(url, "fulltext", QUICK, silent)
    async with connected(url) as connection:
        made = await connection.fetchval(INSERT, WORKSPACES[0], "first")
        await connection.execute("UPDATE documents SET title = 'second' WHERE id = $1", made)
        await connection.execute("UPDATE documents SET search_vector = '', content_length = 1 WHERE id = $1", made + 0)
        assert await wrong(url) == 0
        await connection.execute("ALTER TABLE documents DISABLE TRIGGER documents_stored")
        with pytest.raises(asyncpg.NotNullViolationError):
            await connection.execute(INSERT, WORKSPACES[0], "third")
        await connection.execute("UPDATE documents SET title = 'fourth' WHERE id = $1", made)
    assert await wrong(url) == 1


async def test_the_service_serves_from_it(url: str, databases: Databases) -> None:
    """It starts with the knob on and answers what it answers over generated columns."""
    await online.apply(url, "fulltext", QUICK, silent)
    bodies = []
    for address in (url, databases.by_tunings["fulltext",]):
        async with running(databases.settings({**ON, "cache": "off"}, database_url=address)) as service:
            found = await service.get("/search", q="coroutine", workspace=WORKSPACES[0])
            assert found.status_code == 200, found.text
            bodies.append({**found.json(), "took_ms": 0})
    assert bodies[0] == bodies[1]
    assert bodies[0]["total"] > 0


async def test_the_service_does_not_start_on_half_of_it(url: str, databases: Databases) -> None:
    """Columns that are there but not filled would hide documents: the start is refused."""
    await _columns_only(url)
    with pytest.raises(ConfigurationError, match="no content_length and no search_vector in every row.*service.online"):
        async with running(databases.settings(ON, database_url=url)):
            pass


async def test_killed_in_the_middle_and_run_again_it_is_complete(url: str) -> None:
    """After kill -9 what was filled stays, nothing is lost, and the second run does the rest."""
    words = ("fulltext", "--batch", "20", "--pause-s", "5")  # it is killed in the first pause
    with started(url, *words) as process:
        assert process.stdout is not None
        while not (await asyncio.to_thread(process.stdout.readline)).startswith("filling the columns:"):
            assert process.poll() is None
        process.kill()
    async with connected(url) as connection:
        lacking = "SELECT count(*) FILTER (WHERE search_vector IS NULL), count(*) FROM documents"
        missing, rows = await connection.fetchrow(lacking)
    assert 0 < missing < rows
    again = await ran(url, "fulltext", "--pause-s", "0.001")
    assert (again.returncode, again.stderr) == (0, "")
    assert f"filling the columns: {missing:,} rows" in again.stdout
    assert await wrong(url) == 0
    assert await online.invalid_indexes(url) == []


@pytest.mark.parametrize("tuning", ["indexes", "fulltext"])
async def test_broken_off_before_any_step_and_run_again_it_is_complete(
    url: str, servers: Servers, tuning: online.Tuning
) -> None:
    """Whatever it says that it does next, it may end there; the next run leaves the same as one that never ended."""
    whole = await servers.postgres.create_database("online_whole", template="plain")
    said: list[str] = []
    await online.apply(whole, tuning, QUICK, said.append)
    for lines in range(1, len(said)):
        left = lines

        def stop(line: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise BrokenOffError(line)

        await servers.postgres.drop_database("online")
        await servers.postgres.create_database("online", template="plain")
        with pytest.raises(BrokenOffError):
            await online.apply(url, tuning, QUICK, stop)
        await online.apply(url, tuning, QUICK, silent)
        assert await catalog(url) == await catalog(whole)
        if tuning == "fulltext":
            assert await wrong(url) == 0
    await servers.postgres.drop_database("online_whole")


async def test_an_index_that_was_left_invalid_is_built_anew(url: str) -> None:
    """What CREATE INDEX CONCURRENTLY leaves when its process is ended is found, dropped and built; status names it."""
    async with connected(url) as holder:
        await holder.execute("BEGIN")
        await holder.execute("UPDATE documents SET title = title WHERE id = 1")
        with started(url, "indexes") as process:
            while not await online.invalid_indexes(url):
                assert process.poll() is None
            (building,) = await online.invalid_indexes(url)
            process.kill()
            process.wait()
        # The server notices by itself that nobody is there any more for whom it builds.
        while (await online.invalid_indexes(url))[0].builder is not None:
            await holder.execute("SELECT pg_sleep(0.01)")
        status = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "service.migrate", "status"],
            env=environment(url), capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert f"invalid  index {building.name} on documents" in status.stdout
        await holder.execute("ROLLBACK")
    heard: list[str] = []
    await online.apply(url, "indexes", QUICK, heard.append)
    assert heard[0] == f"dropping the index {building.name}, which an interrupted attempt left invalid"
    assert await online.invalid_indexes(url) == []
    assert ("index", building.name, "true") in await catalog(url)


@pytest.mark.parametrize("tuning", ["indexes", "fulltext", "settings"])
async def test_undo_takes_everything_back(url: str, tuning: online.Tuning) -> None:
    """While others write and search; and what is not there any more is not missed."""
    plain = await catalog(url)
    async with in_use(url):
        await online.apply(url, tuning, QUICK, silent)
        assert await catalog(url) != plain
        await online.revert(url, tuning, QUICK, silent)
        assert await catalog(url) == plain
        await online.revert(url, tuning, QUICK, silent)


async def test_both_ways_take_back_each_other_s_work(url: str) -> None:
    """sql/tuning reverts what was done online, and online reverts what sql/tuning has applied."""
    plain = await catalog(url)
    await online.apply(url, "fulltext", QUICK, silent)
    await corpus.tune(url, ["fulltext"], direction="revert")
    assert await catalog(url) == plain
    await corpus.tune(url, ["fulltext"])
    tuned = await catalog(url)
    await online.apply(url, "fulltext", QUICK, silent)
    assert await catalog(url) == tuned
    await online.revert(url, "fulltext", QUICK, silent)
    assert await catalog(url) == plain


@pytest.mark.parametrize("tuning", ["indexes", "fulltext", "settings"])
async def test_a_lock_that_cannot_be_had_is_told(url: str, tuning: str) -> None:
    """One sentence, exit code 2, and the database as it was."""
    before = await catalog(url)
    words = ("--lock-timeout-s", "0.05", "--attempts", "2", "--patience-s", "0.2")
    async with connected(url) as holder, holder.transaction():
        await holder.execute("LOCK TABLE documents IN SHARE UPDATE EXCLUSIVE MODE")
        done = await ran(url, tuning, *words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "others hold locks for too long; end long transactions" in done.stderr
    assert await catalog(url) == before


async def test_a_row_that_is_locked_all_the_time_is_told(url: str) -> None:
    """It is tried again and not waited for; in the end such rows are counted, and the next run fills them."""
    async with connected(url) as holder, holder.transaction():
        await _columns_only(url)
        await holder.execute("SELECT 1 FROM documents WHERE id = 7 FOR UPDATE")
        with pytest.raises(MigrationError, match="Filling the columns.*1 rows are locked by others all the time"):
            await online.apply(url, "fulltext", HASTY, silent)
    await online.apply(url, "fulltext", QUICK, silent)
    assert await wrong(url) == 0


async def _columns_only(url: str) -> None:
    async with connected(url) as connection:
        for name in ("add_columns", "keep_function", "keep_trigger"):
            await connection.execute(queries.load(online.SQL / "online")[name].sql)


async def test_two_at_once_are_told_apart(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second says so and changes nothing."""
    monkeypatch.setattr("service.db.gently.ORPHAN_S", 0.2)
    async with connected(url) as other:
        await other.execute(f"SELECT pg_advisory_lock({0x646F636F})")
        with pytest.raises(MigrationError, match="Somebody else is working on this database"):
            await online.apply(url, "indexes", QUICK, silent)


async def test_an_empty_database_is_told_what_to_do(servers: Servers) -> None:
    """There is nothing to tune before the migrations ran."""
    empty = await servers.postgres.create_database("empty_online")
    try:
        for tuning in ("indexes", "fulltext"):
            with pytest.raises(MigrationError, match="service.migrate up"):
                await online.apply(empty, tuning, QUICK, silent)
    finally:
        await servers.postgres.drop_database("empty_online")


@pytest.mark.parametrize(
    "words",
    [["sideways"], [], ["indexes", "--batch", "0"], ["indexes", "--pause-s", "nan"], ["indexes", "--patience-s", "-1"]],
)
async def test_other_words_are_refused(url: str, words: list[str]) -> None:
    """Exit code 2 and what may be said."""
    done = await ran(url, *words)
    assert done.returncode == 2
    assert "usage: python -m service.online" in done.stderr
