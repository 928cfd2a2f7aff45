"""One database per state that an arm may need: the plain documents, or the documents tuned.

The plain one is filled by COPY; every other begins as a file copy of it and gets the statements of
`sql/tuning`, each by itself, because some must not run in a transaction.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncpg
from pogo_core.error import BadMigrationError
from pogo_core.util import migrate

from bench.corpus.expand import WORKSPACES as WORKSPACE_COUNT
from bench.corpus.expand import Document, documents, workspace_id
from bench.corpus.harvest import harvest, version
from bench.errors import ProvisionError

SQL = Path(__file__).resolve().parents[2] / "sql"
MIGRATIONS = SQL / "migrations"
log = logging.getLogger(__name__)
log.setLevel(logging.ERROR)  # pogo warns of every migration that it applies
BUILDING = {"maintenance_work_mem": "512MB", "max_parallel_maintenance_workers": "2", "synchronous_commit": "off"}
"""Settings of the building session alone: they make index builds quicker and leave no trace."""
DOCUMENT_COLUMNS = ("id", "workspace_id", "technology", "title", "content", "source", "created_at", "updated_at")


class Server(Protocol):
    """The part of `bench.provision.Postgres` that is needed here."""

    def dsn(self, database: str | None = None) -> str:
        """How to connect."""

    async def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database, as a copy of `template` when given."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What a database holds: how many documents, from which seed, with which knobs' tuning applied."""

    documents: int
    seed: int
    tunings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The database's name: its readable part, and a fingerprint of everything that went into it."""
        applied = "_".join(self.tunings) or "plain"
        return f"docs_{applied}_{self._fingerprint()}"[:60]

    def _fingerprint(self) -> str:
        files = [*sorted(MIGRATIONS.glob("*.sql")), *(SQL / "tuning" / f"{knob}.apply.sql" for knob in self.tunings)]
        parts = [version(), str(self.documents), str(self.seed), *(file.read_text() for file in files)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]


async def prepare(server: Server, states: Iterable[DatabaseState], tell: Callable[[str], None]) -> None:
    """Build the databases of these states on a server that has none of them; `tell` hears what is going on.

    Raises ProvisionError when the server refuses a statement.
    """
    wanted = set(states)
    # Every other begins as a copy of the plain one, whether or not an arm uses that.
    plains = {DatabaseState(state.documents, state.seed) for state in wanted}
    for state in sorted(wanted | plains, key=lambda state: len(state.tunings)):
        plain = DatabaseState(state.documents, state.seed)
        if state == plain:
            tell(f"loading {state.documents:,} documents")
            await server.create_database(plain.name)
            await _fill(server.dsn(plain.name), state)
        else:
            tell(f"tuning a copy of the database: {', '.join(state.tunings)}")
            await server.create_database(state.name, template=plain.name)
            await tune(server.dsn(state.name), state.tunings)


async def tune(dsn: str, knobs: Sequence[str], *, direction: str = "apply") -> None:
    """Apply, or revert in the opposite order, the tuning of knobs; then bring statistics up to date.

    Raises ProvisionError naming the file whose statement the server refused, or an index left invalid.
    """
    connection = await asyncpg.connect(dsn, server_settings=BUILDING)
    try:
        for knob in knobs if direction == "apply" else reversed(knobs):
            file = SQL / "tuning" / f"{knob}.{direction}.sql"
            for statement in statements(file.read_text()):
                await _execute(connection, statement, file)
        await connection.execute("VACUUM (ANALYZE)")
        invalid = await connection.fetch("SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid")
        if invalid:
            names = ", ".join(row["name"] for row in invalid)
            raise ProvisionError(
                f"{direction} of {', '.join(knobs)} left invalid indexes: {names}; drop them and retry."
            )
    finally:
        await connection.close()


async def fingerprint(dsn: str) -> tuple[frozenset[str], frozenset[str]]:
    """The columns of `documents` and the valid indexes of all tables: what an arm's identity is held against."""
    connection = await asyncpg.connect(dsn)
    try:
        columns = await connection.fetch(
            "SELECT attname FROM pg_attribute "
            "WHERE attrelid = 'documents'::regclass AND attnum > 0 AND NOT attisdropped"
        )
        indexes = await connection.fetch(
            "SELECT indexrelid::regclass::text AS name FROM pg_index "
            "WHERE indisvalid AND indrelid = ANY($1::regclass[])",
            ["documents", "search_logs", "workspaces"],
        )
    finally:
        await connection.close()
    return frozenset(row["attname"] for row in columns), frozenset(row["name"] for row in indexes)


async def settings(dsn: str) -> frozenset[str]:
    """Server settings of the database alone, such as `jit=off`: part of an arm's identity, too."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT unnest(setconfig) AS setting FROM pg_db_role_setting "
            "WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    finally:
        await connection.close()
    return frozenset(row["setting"] for row in rows)


def statements(text: str) -> list[str]:
    """The statements of an SQL file of this project, which ends each with `;` at the end of a line."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return [statement.strip() for statement in "\n".join(lines).split(";\n") if statement.strip(" ;\n")]


async def _fill(dsn: str, state: DatabaseState) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await _migrate(connection)
        await connection.copy_records_to_table(
            "workspaces",
            columns=("id", "name"),
            records=[(workspace_id(n), f"Team {n + 1}") for n in range(WORKSPACE_COUNT)],
        )
        made = documents(harvest(), state.documents, state.seed)
        await connection.copy_records_to_table("documents", columns=DOCUMENT_COLUMNS, records=map(_row, made))
        await connection.execute("SELECT setval(pg_get_serial_sequence('documents', 'id'), max(id)) FROM documents")
        await connection.execute("VACUUM (ANALYZE)")
    finally:
        await connection.close()


async def _migrate(connection: "asyncpg.Connection") -> None:
    try:
        await migrate.apply(connection, MIGRATIONS, schema_name="public", logger=log)
    except BadMigrationError as error:
        raise ProvisionError(f"PostgreSQL refused a migration: {error}: {error.__cause__}.") from error


async def _execute(connection: "asyncpg.Connection", statement: str, file: Path) -> None:
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        raise ProvisionError(f"PostgreSQL refused a statement of {file.name}: {error}.") from error


def _row(document: Document) -> tuple[object, ...]:
    return (
        document.id,
        document.workspace,
        document.technology,
        document.title,
        document.content,
        document.source,
        document.created_at,
        document.created_at,
    )
