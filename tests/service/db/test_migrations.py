"""The schema's way up and down."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from bench.provision import Servers
from bench.provision.binaries import postgres_wheel
from service.db import migrations
from service.errors import DatabaseUnavailableError, MigrationError

SQL = Path(__file__).parents[3] / "sql"
NAMES = sorted(path.stem for path in migrations.FOLDER.glob("*.sql"))


@pytest.fixture
async def empty(servers: Servers) -> AsyncIterator[str]:
    """URL of an empty database."""
    yield await servers.postgres.create_database("empty")
    await servers.postgres.drop_database("empty")


async def tables(url: str) -> set[str]:
    """The tables that are there, without pogo's own."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    return {row["tablename"] for row in rows if not row["tablename"].startswith("_pogo")}


def dumped(url: str) -> str:
    """The schema as pg_dump writes it, without pogo's own tables."""
    parts = urlsplit(url)
    options = ["--schema-only", "--no-owner", "--exclude-table=_pogo*", "--restrict-key=same"]
    done = subprocess.run(
        [postgres_wheel() / "pginstall" / "bin" / "pg_dump", *options, url],
        env={**os.environ, "PGPASSWORD": parts.password or ""},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


async def test_up_and_down_leave_nothing(empty: str) -> None:
    """All the way up, all the way down, and up again: each step has its way back."""
    assert await tables(empty) == set()
    await migrations.up(empty)
    full = await tables(empty)
    assert {"documents", "workspaces", "search_logs", "feedback", "signals", "configuration", "audit"} <= full
    await migrations.down(empty, len(NAMES))
    assert await tables(empty) == set()
    await migrations.up(empty)
    assert await tables(empty) == full


async def test_down_takes_back_the_newest_alone(empty: str) -> None:
    """One step down: the last migration is pending, those before it are not, and what it made is gone."""
    await migrations.up(empty)
    await migrations.down(empty, 1)
    assert await migrations.applied(empty) == {name: name != NAMES[-1] for name in NAMES}
    assert "content_version" not in await tables(empty)


async def test_schema_sql_is_the_sum_of_the_migrations(empty: str, servers: Servers) -> None:
    """What one reads in schema.sql is what PostgreSQL says after all migrations, to the last constraint."""
    await migrations.up(empty)
    read = await servers.postgres.create_database("from_schema")
    connection = await asyncpg.connect(read)
    await connection.execute((SQL / "schema.sql").read_text())
    before = await asyncio.to_thread(dumped, read)
    await connection.execute("ALTER TABLE feedback ADD COLUMN forgotten text")
    after = await asyncio.to_thread(dumped, read)
    await connection.close()
    await servers.postgres.drop_database("from_schema")
    assert before == await asyncio.to_thread(dumped, empty)
    assert after != before


async def test_two_who_migrate_at_once_wait_for_each_other(empty: str) -> None:
    """The second finds nothing left to do; neither fails."""
    await asyncio.gather(*(migrations.up(empty) for _ in range(4)))
    assert all((await migrations.applied(empty)).values())


async def test_a_migration_that_fails_is_undone_and_named(empty: str, tmp_path: Path) -> None:
    """Its first statement does not stay when its second is refused; what was applied before stays."""
    sections = "-- {0}.\n-- depends: {1}\n\n-- migrate: apply\nCREATE TABLE {0} (id int);\n{2}\n-- migrate: rollback\n"
    (tmp_path / "0001_good.sql").write_text(sections.format("good", "", ""))
    (tmp_path / "0002_bad.sql").write_text(sections.format("bad", "0001_good", "SELECT * FROM nothing;\n"))
    with pytest.raises(MigrationError, match=r'0002_bad: relation "nothing" does not exist'):
        await migrations.up(empty, tmp_path)
    assert await tables(empty) == {"good"}


async def test_a_file_that_is_no_migration_is_told(empty: str, tmp_path: Path) -> None:
    """A file without its sections is named, not skipped."""
    (tmp_path / "0001_half.sql").write_text("CREATE TABLE half (id int);\n")
    with pytest.raises(MigrationError, match=r"0001_half\.sql: No '-- migrate: apply' found"):
        await migrations.up(empty, tmp_path)


async def test_a_table_that_is_in_use_is_not_waited_for(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that cannot be had ends the migration: it does not hold up everybody behind it."""
    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "100ms")
    await migrations.up(empty)
    connection = await asyncpg.connect(empty)
    async with connection.transaction():
        await connection.execute("LOCK TABLE content_version IN ACCESS SHARE MODE")
        with pytest.raises(MigrationError, match="lock timeout"):
            await migrations.down(empty, 1)
    await connection.close()
    assert "content_version" in await tables(empty)


async def test_a_server_that_does_not_answer_is_told() -> None:
    """One sentence that names the setting."""
    with pytest.raises(DatabaseUnavailableError, match="DOCAICHE_DATABASE_URL"):
        await migrations.up("postgresql://127.0.0.1:1/nothing")


async def test_the_command_says_what_is_applied(empty: str) -> None:
    """`python -m service.migrate`: up, down and status print every migration; other words are refused."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "service.migrate", *words],
            env={**os.environ, "DOCAICHE_DATABASE_URL": empty},
            capture_output=True,
            text=True,
            check=False,
        )

    up = await asyncio.to_thread(run, "up")
    assert up.stdout.split() == [word for name in NAMES for word in ("applied", name)]
    down = await asyncio.to_thread(run, "down", "1")
    assert down.stdout.splitlines()[-1] == f"pending  {NAMES[-1]}"
    assert (await asyncio.to_thread(run, "status")).stdout == down.stdout
    wrong = await asyncio.to_thread(run, "sideways")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "say status, up, or down" in wrong.stderr
