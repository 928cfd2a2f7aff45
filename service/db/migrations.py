"""The schema's migrations in `sql/migrations`, up and down.

pogo reads and applies them: plain SQL, over asyncpg, one transaction each, or none where the file says
`-- transaction: false` (CREATE INDEX CONCURRENTLY refuses one). Alembic would bring SQLAlchemy and wrap the SQL into
Python; yoyo is synchronous, with a second driver; dbmate is no Python package.

What it lacks is added here: two who migrate at once wait for each other, and a statement that cannot get its lock
gives up before a queue of requests has formed behind it.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from pogo_core.error import BadMigrationError
from pogo_core.migration import topological_sort
from pogo_core.util import migrate, sql

from service.db.connection import UNAVAILABLE
from service.errors import DatabaseUnavailableError, MigrationError

FOLDER = Path(__file__).resolve().parents[2] / "sql" / "migrations"
SCHEMA = "public"
LOCK_TIMEOUT = "5s"
"""Longest wait for a table's lock: whoever asks for the table meanwhile queues up behind the migration."""
LOCK = 0x646F6361
"""Advisory lock that whoever migrates holds; the letters `doca`."""
log = logging.getLogger(__name__)
log.setLevel(logging.ERROR)  # pogo warns of every migration that it applies


async def applied(dsn: str, folder: Path = FOLDER) -> dict[str, bool]:
    """Every migration in its order, and whether it was applied.

    Raises DatabaseUnavailableError, or MigrationError for a file that is not a migration.
    """
    async with _alone(dsn) as connection:
        await sql.ensure_pogo_sync(connection)
        read = await sql.read_migrations(folder, connection, schema_name=SCHEMA)
        return {migration.id: migration.applied for migration in topological_sort(one.load() for one in read)}


async def up(dsn: str, folder: Path = FOLDER) -> None:
    """Apply all that were not.

    Raises DatabaseUnavailableError, or MigrationError naming the one that PostgreSQL refused: that one is undone,
    those before it stay.
    """
    async with _alone(dsn) as connection:
        await migrate.apply(connection, folder, schema_name=SCHEMA, logger=log)


async def down(dsn: str, count: int, folder: Path = FOLDER) -> None:
    """Take back the last `count`, the newest first.

    Raises as `up`.
    """
    async with _alone(dsn) as connection:
        await migrate.rollback(connection, folder, schema_name=SCHEMA, count=count, logger=log)


async def connect(dsn: str, settings: Mapping[str, str]) -> "asyncpg.Connection":
    """A session with these settings, outside of any pool.

    Raises DatabaseUnavailableError, or MigrationError when the server refuses it.
    """
    try:
        return await asyncpg.connect(dsn, server_settings=dict(settings))
    except UNAVAILABLE as error:
        raise DatabaseUnavailableError(f"PostgreSQL does not answer at DOCAICHE_DATABASE_URL: {error}") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise MigrationError(f"DOCAICHE_DATABASE_URL is refused: {error}.") from error


@asynccontextmanager
async def _alone(dsn: str) -> AsyncIterator["asyncpg.Connection"]:
    connection = await connect(dsn, {"lock_timeout": LOCK_TIMEOUT})
    try:
        await connection.execute(f"SELECT pg_advisory_lock({LOCK})")
        yield connection
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError("Somebody else is migrating this database; try again when that has ended.") from error
    except BadMigrationError as error:
        raise MigrationError(f"{error}: {error.__cause__ or 'see the file'}.") from error
    finally:
        # The session's end frees its locks.
        await connection.close()
