"""The tunings of sql/tuning on a database in use: in steps that hold nobody up, and each may be broken off.

Nothing is noted down about how far it came: every step looks at the database and does what is left to do, so running it
again after any end goes on from there. Steps of `fulltext`:

1. columns     added empty, with a trigger that fills them for every write from here on; one short exclusive lock
2. filling     the rows that were there before, in batches by primary key, each committed; no lock but on its rows
3. proof       that no row lacks them, read under a lock that lets others read and write; then NOT NULL, which is what
               the service asks for before it starts with the knob on
4. indexes     CONCURRENTLY, what an interrupted attempt left invalid being dropped first
5. statistics  VACUUM (ANALYZE): of what an index computes there are none before

Measured once on 100,000 documents, one client reading and writing: its longest statement took 0.6 s while this ran for
154 s, and 46 s while the rewrite of sql/tuning/fulltext.apply.sql ran for 60 s. Rows are written anew here, too, and
the old ones are left to vacuum: the table was 315 MB afterwards, not 263.

`indexes` is the last two steps alone; `settings` changes the catalogue at once. The way back is the revert file.
"""

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import asyncpg

from service import queries
from service.db import gently
from service.db.gently import Pace, Session
from service.db.migrations import connect
from service.errors import MigrationError

SQL = Path(__file__).resolve().parents[2] / "sql"
INDEX = re.compile(r"CREATE INDEX CONCURRENTLY IF NOT EXISTS (\w+)")
CONCURRENTLY = re.compile(r"\w+ INDEX CONCURRENTLY")
Tuning = Literal["indexes", "fulltext", "settings"]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class InvalidIndex:
    """An index that every write pays for and no query uses: its build was broken off, or goes on."""

    name: str
    table: str
    builder: int | None
    """Process of the server that is building it now."""


async def invalid_indexes(dsn: str) -> list[InvalidIndex]:
    """All of the database. Raises DatabaseUnavailableError or MigrationError."""
    connection = await connect(dsn, {})
    try:
        return await _invalid_indexes(Session(connection, Pace()))
    finally:
        await connection.close()


async def apply(dsn: str, tuning: Tuning, pace: Pace, tell: Tell) -> None:
    """Do what `sql/tuning/<tuning>.apply.sql` does; `tell` hears what is going on.

    Raises DatabaseUnavailableError, or MigrationError for a lock that cannot be had: the step under way is then as if
    it had not begun, those before it stay.
    """
    work = _Work(tell)
    async with gently.session(dsn, pace, work.now) as session:
        if tuning == "settings":
            work.at("changing the settings")
            await session.briefly(*_statements(tuning, "apply"))
            return
        if tuning == "fulltext":
            await _store(session, work)
        await _index(session, work, tuning)
        work.at("bringing statistics up to date")
        await session.patiently(_sql("refresh"))


async def revert(dsn: str, tuning: Tuning, pace: Pace, tell: Tell) -> None:
    """Do what `sql/tuning/<tuning>.revert.sql` does, whichever way the tuning was applied. Raises as `apply`."""
    work = _Work(tell)
    async with gently.session(dsn, pace, work.now) as session:
        for together, group in itertools.groupby(
            _statements(tuning, "revert"), lambda one: not CONCURRENTLY.match(one)
        ):
            found = list(group)
            if together:
                work.at("dropping the columns" if tuning == "fulltext" else "resetting the settings")
                await session.briefly(*found)
            else:
                for statement in found:
                    work.at(f"dropping the index {statement.rpartition(' ')[2]}")
                    await session.patiently(statement)


class _Work:
    """What is being done, said once and remembered for the message of what prevents it."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._at = "connecting"

    def at(self, what: str) -> None:
        self._at = what
        self._tell(what)

    def now(self) -> str:
        return self._at[0].upper() + self._at[1:]


async def _store(session: Session, work: _Work) -> None:
    """Steps 1 to 3."""
    (state,) = await session.fetch(_query("stored"))
    if state["complete"]:
        work.at("the columns are there and complete")
        return
    if not state["kept"]:
        work.at("adding the columns")
        await session.briefly(*map(_sql, ("add_columns", "keep_function", "keep_trigger")))
    work.at("filling the columns")
    await _fill(session, work)
    work.at("proving that no row lacks them")
    await session.briefly(_sql("claim_complete"))
    await session.patiently(_sql("prove_complete"))
    await session.briefly(_sql("require"), _sql("drop_claim"))


async def _fill(session: Session, work: _Work) -> None:
    """Pass over the table until no row lacks the columns: a pass leaves the rows out that others are changing."""
    (bounds,) = await session.fetch(_query("bounds"))
    if bounds["last"] is None:
        return
    fruitless = 0
    while fruitless < session.pace.attempts:
        filled = await _pass(session, work, bounds["first"], bounds["last"])
        (lacking,) = await session.fetch(_query("lacking"))
        if not lacking["number"]:
            return
        fruitless = 0 if filled else fruitless + 1
        await session.rest()
    raise MigrationError(
        f"{work.now()}: {lacking['number']} rows are locked by others all the time; end long transactions and run it "
        "again, which goes on with these rows."
    )


async def _pass(session: Session, work: _Work, first: int, last: int) -> int:
    """Fill what lies between two ids, both included, and is free; answer how many rows that were."""
    after, total, told = first - 1, 0, -1
    while True:
        (end,) = await session.fetch(_query("batch_end"), after=after, last=last, size=session.pace.batch)
        if end["id"] is None:
            return total
        (filled,) = await session.fetch(_query("fill"), after=after, last=end["id"])
        after = end["id"]
        total += filled["number"]
        percent = 100 * (after - first + 1) // (last - first + 1)
        if percent > told and filled["number"]:
            work.at(f"filling the columns: {total:,} rows, {percent} % of the table")
            told = percent
        if filled["number"]:
            await session.rest()


async def _index(session: Session, work: _Work, tuning: Tuning) -> None:
    """Step 4, from the apply file: its indexes, and the extension that they need."""
    for statement in _statements(tuning, "apply"):
        index = INDEX.match(statement)
        if index:
            await _drop_invalid(session, work, index[1])
            work.at(f"building the index {index[1]}")
            try:
                await session.patiently(statement)
            except asyncpg.LockNotAvailableError:
                await _clear_away(session, work, index[1])
                raise
        elif statement.startswith("CREATE EXTENSION"):
            await session.briefly(statement)


async def _drop_invalid(session: Session, work: _Work, name: str) -> None:
    for index in await _invalid_indexes(session):
        if index.name == name:
            if index.builder is not None:
                raise MigrationError(f"The index {name} is being built by process {index.builder}; wait for its end.")
            work.at(f"dropping the index {name}, which an interrupted attempt left invalid")
            await session.patiently(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


async def _clear_away(session: Session, work: _Work, name: str) -> None:
    """Drop what an attempt that got no lock has left."""
    if not any(index.name == name for index in await _invalid_indexes(session)):
        return
    try:
        await session.patiently(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", session.pace.lock_timeout_s)
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(
            f"{work.now()}: others hold locks for too long, and it stays behind invalid; end long transactions and run "
            "it again, which drops it first."
        ) from error


async def _invalid_indexes(session: Session) -> list[InvalidIndex]:
    rows = await session.fetch(_query("invalid_indexes"))
    return [InvalidIndex(row["name"], row["on_table"], row["builder"]) for row in rows]


def _query(name: str) -> queries.Query:
    return queries.load(SQL / "online")[name]


def _sql(name: str) -> str:
    return _query(name).sql


def _statements(tuning: Tuning, direction: Literal["apply", "revert"]) -> list[str]:
    """The statements of a file of sql/tuning; each ends with `;` at the end of a line."""
    text = (SQL / "tuning" / f"{tuning}.{direction}.sql").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return [statement.strip() for statement in "\n".join([*lines, ""]).split(";\n") if statement.strip()]
