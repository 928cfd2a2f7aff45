"""What the knobs cost, measured: memory of each arm, rows per second into each state, size and build of each index."""

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import asyncpg
import psutil

from bench import corpus
from bench.ablation.costs import PLAIN
from bench.corpus import Document, fingerprint
from bench.corpus.databases import BUILDING
from bench.experiments.arms import Arm
from bench.experiments.context import Bench
from bench.subject import DATABASE_KNOBS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROUNDS = 8
"""Eight pairs of a state and the plain one: the interval of six is the widest that there is."""
BATCH_ROWS = 50
SINGLE_ROWS = 10
BUILD_ROWS = 2_000
"""Documents that each index is built over: an index over all of them may take half a minute."""
INSERT = (
    "INSERT INTO documents (workspace_id, technology, title, content, source, created_at, updated_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
INDEXES = (
    "SELECT c.relname AS name, t.relname AS table, pg_relation_size(c.oid) AS bytes, pg_get_indexdef(c.oid) AS made "
    "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid "
    "WHERE c.relname = ANY($1) ORDER BY bytes DESC"
)


async def memory(bench: Bench, started: Mapping[str, Arm]) -> list[dict[str, Any]]:
    """What each arm's process and its PostgreSQL processes hold now."""
    connection = await asyncpg.connect(bench.servers.postgres.dsn())
    try:
        rows = await connection.fetch("SELECT pid, client_port FROM pg_stat_activity WHERE client_port > 0")
    finally:
        await connection.close()
    backends = {row["client_port"]: row["pid"] for row in rows}
    return [_weighed(name, arm.running.pid, backends) for name, arm in started.items()]


async def writes(bench: Bench) -> dict[str, dict[str, list[float]]]:
    """Rows per second by kind and state, round by round; the states take turns in random order within a round.

    Each transaction is rolled back, so that the documents stay what they are and nobody's cache is told: what is
    measured is the work of inserting, not that of committing. VACUUM then removes what the attempts left behind.
    """
    documents = corpus.documents(corpus.harvest(), ROUNDS * (BATCH_ROWS + SINGLE_ROWS), bench.seed)
    rows = [_row(document) for document in documents]
    found: dict[str, dict[str, list[float]]] = {"batch": {}, "single": {}}
    async with _connected(bench) as connections:
        for connection in connections.values():
            await _insert(connection, rows[:SINGLE_ROWS], together=False)  # warms the session and the pages
        drawn = random.Random(f"writes:{bench.seed}")
        for number in range(ROUNDS):
            first = number * (BATCH_ROWS + SINGLE_ROWS)
            many, few = rows[first : first + BATCH_ROWS], rows[first + BATCH_ROWS : first + BATCH_ROWS + SINGLE_ROWS]
            for state in drawn.sample(list(connections), len(connections)):
                batch_s = await _insert(connections[state], many, together=True)
                single_s = await _insert(connections[state], few, together=False)
                found["batch"].setdefault(state, []).append(BATCH_ROWS / batch_s)
                found["single"].setdefault(state, []).append(SINGLE_ROWS / single_s)
        for connection in connections.values():
            await connection.execute("VACUUM documents")
    return found


async def indexes(bench: Bench) -> list[dict[str, Any]]:
    """Each index that a knob brings: its size over all documents, and the time to build it over BUILD_ROWS of them."""
    everything = bench.states[DATABASE_KNOBS]
    _, before = await fingerprint(bench.states[()])
    brought: dict[str, str] = {}
    for knob in DATABASE_KNOBS:
        _, after = await fingerprint(bench.states[(knob,)])
        brought.update(dict.fromkeys(sorted(after - before), knob))
    plain_bytes = await _table_bytes(bench.states[()])
    connection = await asyncpg.connect(everything, server_settings=BUILDING)
    try:
        rows = await connection.fetch(INDEXES, list(brought))
        return [
            {
                "name": row["name"],
                "knob": brought[row["name"]],
                "bytes": row["bytes"],
                "table_share": row["bytes"] / plain_bytes,
                "build_s": await _build_s(connection, row["table"], row["made"]),
                "build_rows": BUILD_ROWS,
            }
            for row in rows
        ]
    finally:
        await connection.close()


def _weighed(name: str, pid: int, backends: Mapping[int, int]) -> dict[str, Any]:
    service = psutil.Process(pid)
    ports = {each.laddr.port for each in service.net_connections("tcp") if each.raddr}
    mine = [backends[port] for port in ports if port in backends]
    return {
        "arm": name,
        "service_bytes": service.memory_info().rss,
        "connections": len(mine),
        "backends_bytes": _own_bytes(mine),
    }


def _own_bytes(pids: Sequence[int]) -> int | None:
    """What only these processes hold; None where the system does not tell, as of processes in a container."""
    total = 0
    for pid in pids:
        try:
            process = psutil.Process(pid)
            if "postgres" not in process.name():
                return None
            total += process.memory_full_info().uss
        except psutil.Error:
            return None
    return total


@asynccontextmanager
async def _connected(bench: Bench) -> "AsyncIterator[dict[str, asyncpg.Connection]]":
    opened: dict[str, asyncpg.Connection] = {}
    try:
        for tunings, dsn in bench.states.items():
            opened[" and ".join(tunings) or PLAIN] = await asyncpg.connect(dsn)
        yield opened
    finally:
        for connection in opened.values():
            with suppress(OSError, asyncpg.PostgresError):
                await connection.close()


async def _insert(connection: "asyncpg.Connection", rows: Sequence[tuple[object, ...]], *, together: bool) -> float:
    """Seconds that it takes to insert the rows; they are gone afterwards."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        prepared = await connection.prepare(INSERT)
        began = time.perf_counter()
        if together:
            await prepared.executemany(rows)
        else:
            for row in rows:
                await prepared.fetch(*row)
        return time.perf_counter() - began
    finally:
        await transaction.rollback()


async def _build_s(connection: "asyncpg.Connection", table: str, made: str) -> float:
    """Seconds to build an index of this definition over the first documents, on a copy that is thrown away."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        # Of our own schema, never of a user: a parameter cannot stand for a table.
        few = f"SELECT * FROM {table} LIMIT {BUILD_ROWS}"  # noqa: S608
        await connection.execute(f"CREATE TEMPORARY TABLE part ON COMMIT DROP AS {few}")
        began = time.perf_counter()
        await connection.execute(made.replace(f" ON public.{table} ", " ON part "))
        return time.perf_counter() - began
    finally:
        await transaction.rollback()


async def _table_bytes(dsn: str) -> int:
    """Of the plain documents, their long texts included, without indexes."""
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval("SELECT pg_table_size('documents')"))
    finally:
        await connection.close()


def _row(document: Document) -> tuple[object, ...]:
    return (
        document.workspace, document.technology, document.title, document.content, document.source,
        document.created_at, document.created_at,
    )  # fmt: skip
