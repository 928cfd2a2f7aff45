"""Databases in every state, on a real PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from bench.corpus import DatabaseState, databases, fingerprint, tune
from bench.errors import ProvisionError
from bench.provision import Servers
from bench.subject import DATABASE_KNOBS
from tests.corpus.conftest import COUNT, PLAIN, TUNED

pytestmark = pytest.mark.servers

CATALOG = """
    SELECT 'column', attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attgenerated::text
    FROM pg_attribute WHERE attrelid = ANY($1::regclass[]) AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT 'index', indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), ''
    FROM pg_index WHERE indrelid = ANY($1::regclass[])
    UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname::text, '', '' FROM pg_trigger
    WHERE tgrelid = ANY($1::regclass[]) AND NOT tgisinternal
    UNION ALL SELECT 'statistics', stxrelid::regclass::text, stxname::text, '', '' FROM pg_statistic_ext
    UNION ALL SELECT 'function', '', proname::text, prosrc, '' FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'extension', '', extname::text, '', '' FROM pg_extension
    UNION ALL SELECT 'option', oid::regclass::text, option, '', '' FROM pg_class, unnest(reloptions) AS option
    UNION ALL SELECT 'setting', '', setting, '', '' FROM pg_db_role_setting, unnest(setconfig) AS setting
    WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY 1, 2, 3
"""
TABLES = ["documents", "search_logs", "workspaces"]


async def catalog(dsn: str) -> list[tuple[str, ...]]:
    """Everything about the schema that a tuning could change."""
    connection = await asyncpg.connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(CATALOG, TABLES)]
    finally:
        await connection.close()


@pytest.fixture
async def copy(servers: Servers) -> AsyncIterator[str]:
    """The DSN of a copy of the plain database."""
    await servers.postgres.create_database("copy", template=PLAIN.name)
    yield servers.postgres.dsn("copy")
    await servers.postgres.drop_database("copy")


async def test_every_state_holds_the_same_documents(servers: Servers) -> None:
    """Tuned and plain: as many documents, with the same text."""
    digest = "SELECT count(*), md5(string_agg(md5(title || content), '' ORDER BY id)) FROM documents"
    seen = []
    for state in (PLAIN, TUNED):
        connection = await asyncpg.connect(servers.postgres.dsn(state.name))
        seen.append(tuple(await connection.fetchrow(digest)))
        await connection.close()
    assert seen[0][0] == COUNT
    assert seen[0] == seen[1]


@pytest.mark.parametrize("knob", DATABASE_KNOBS)
async def test_a_tuning_changes_the_catalog_and_its_revert_undoes_that(copy: str, knob: str) -> None:
    """Applied, something is there that was not; reverted, the catalog is the plain one again."""
    plain = await catalog(copy)
    await tune(copy, [knob])
    assert await catalog(copy) != plain
    await tune(copy, [knob], direction="revert")
    assert await catalog(copy) == plain


async def test_all_tunings_together_are_undone_too(copy: str) -> None:
    """In the opposite order."""
    plain = await catalog(copy)
    await tune(copy, DATABASE_KNOBS)
    await tune(copy, DATABASE_KNOBS, direction="revert")
    assert await catalog(copy) == plain


async def test_an_arm_s_fingerprint_tells_the_states_apart(servers: Servers) -> None:
    """Columns and indexes of the tuned database are more than those of the plain one."""
    plain_columns, plain_indexes = await fingerprint(servers.postgres.dsn(PLAIN.name))
    tuned_columns, tuned_indexes = await fingerprint(servers.postgres.dsn(TUNED.name))
    assert plain_columns < tuned_columns
    assert plain_indexes < tuned_indexes


async def test_settings_of_a_database_are_its_own(servers: Servers) -> None:
    """Two arms share a server: what one's sessions begin with, the other's do not."""
    assert "random_page_cost=1.1" in await databases.settings(servers.postgres.dsn(TUNED.name))
    assert await databases.settings(servers.postgres.dsn(PLAIN.name)) == frozenset()
    shown = []
    for state in (TUNED, PLAIN):
        connection = await asyncpg.connect(servers.postgres.dsn(state.name))
        shown.append(await connection.fetchval("SHOW random_page_cost"))
        await connection.close()
    assert shown == ["1.1", "4"]


async def test_a_tuned_state_needs_no_plain_one_beside_it(servers: Servers) -> None:
    """A spec whose arms are all tuned: the plain database that theirs is a copy of is made too."""
    await databases.prepare(servers.postgres, [DatabaseState(1000, 3, ("indexes",))], lambda _: None)
    _, indexes = await fingerprint(servers.postgres.dsn(DatabaseState(1000, 3, ("indexes",)).name))
    _, plain = await fingerprint(servers.postgres.dsn(DatabaseState(1000, 3).name))
    assert plain < indexes


async def test_an_invalid_index_is_told(copy: str) -> None:
    """CREATE INDEX CONCURRENTLY that failed leaves one behind, which no query would use."""
    connection = await asyncpg.connect(copy)
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("CREATE UNIQUE INDEX CONCURRENTLY broken ON documents (technology)")
    await connection.close()
    with pytest.raises(ProvisionError, match="left invalid indexes: broken"):
        await tune(copy, [])


async def test_a_refused_statement_is_told_with_its_file(
    copy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's own words, and the file in which the statement stands."""
    (tmp_path / "tuning").mkdir()
    (tmp_path / "tuning/indexes.apply.sql").write_text("CREATE INDEX wrong ON nowhere (x);\n")
    monkeypatch.setattr(databases, "SQL", tmp_path)
    with pytest.raises(ProvisionError, match=r'statement of indexes\.apply\.sql: relation "nowhere" does not exist'):
        await tune(copy, ["indexes"])


def test_a_state_s_name_changes_with_all_that_makes_it() -> None:
    """Number, seed and tunings: two states that differ never share a database."""
    states = [
        PLAIN, TUNED, DatabaseState(COUNT + 1, 7), DatabaseState(COUNT, 8), DatabaseState(COUNT, 7, ("indexes",)),
    ]  # fmt: skip
    assert len({state.name for state in states}) == len(states)
    assert all(len(state.name) <= 63 for state in states)


def test_every_knob_of_the_database_can_be_reverted() -> None:
    """Each `apply` file has its `revert` and belongs to a knob of the service."""
    folder = databases.SQL / "tuning"
    applied = {path.name.partition(".")[0] for path in folder.glob("*.apply.sql")}
    reverted = {path.name.partition(".")[0] for path in folder.glob("*.revert.sql")}
    assert applied == reverted == set(DATABASE_KNOBS)
