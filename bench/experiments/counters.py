"""What does one request cost, counted and not timed: the same on any machine, however busy."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg
import httpx
from redis.asyncio import Redis

from bench import design
from bench.experiments import requests
from bench.experiments.arms import REDIS_DATABASE, Arm, arms
from bench.experiments.context import Bench, Latencies
from bench.experiments.redis_commands import commands
from bench.model import Effect, Look, Plan, Role
from bench.provision import Kind, Servers
from bench.runner import Records
from bench.spec import ExperimentSpec

if TYPE_CHECKING:
    from bench.corpus import Operation

PASSES = 2
"""The second shows whether a count can be trusted to be the same again."""
FEWEST = 5
LIMIT_S = 60.0
SETTLE_S = 0.05
UNHURRIED = {"cache_deadline_s": "5"}
"""As shipped, an answer of Redis that a busy machine delays by 50 ms is done without, and asked of the database."""
SERVER_SIDE = """
SELECT
    coalesce(sum(calls), 0)::float8 AS queries,
    coalesce(sum(rows), 0)::float8 AS rows,
    coalesce(sum(shared_blks_hit + shared_blks_read), 0)::float8 AS buffers,
    coalesce(sum(shared_blks_hit), 0)::float8 AS buffers_hit,
    coalesce(sum(shared_blks_read), 0)::float8 AS buffers_read,
    coalesce(sum(temp_blks_written), 0)::float8 AS temp_blocks,
    coalesce(sum(wal_bytes), 0)::float8 AS wal_bytes
FROM pg_stat_statements AS s
INNER JOIN pg_database AS d ON d.oid = s.dbid
WHERE d.datname = $1
"""
"""Everything that was run in a database, resets of connections included; ours runs in another."""

Counts = dict[str, float]


class Counters:
    """Each kind of request by itself, one request after another, on both arms."""

    name = "counters"
    question = "What does one request cost, counted and not timed?"
    method = (
        "The same recorded requests are sent one after another to both arms, with the caches empty at the start, and "
        "the servers' own counters are read before and after: pg_stat_statements, Redis's INFO, the answers' bytes. "
        "Redis is given five seconds to answer, so that a busy machine changes no count. "
        "All of it is done twice: a count that is not the same again is said not to be exact."
    )
    metric = "count"

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:  # noqa: ARG002 - a protocol's method
        """No slots: nothing here depends on time."""
        return design.unslotted(self.name, seed)

    async def run(self, bench: Bench) -> None:
        """Count for each arm, each kind of request and each pass."""
        chosen = first_of_each(bench.operations, each=max(FEWEST, int(bench.timing.budget_s)))
        bench.draft.facts["requests"] = {kind: len(several) for kind, several in chosen.items()}
        counted: dict[str, dict[str, list[Counts]]] = {}
        async with arms(bench, UNHURRIED) as started, server_counts(bench.servers) as server:
            if server.missing:
                bench.draft.facts["uncounted"] = server.missing
            for role in (Role.BASELINE, Role.CANDIDATE):
                bench.progress.stage(f"{self.name}: {role}")
                counted[role] = await _counted(bench, server, started[role], chosen)
        bench.draft.facts["counters"] = counted

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:  # noqa: ARG002
        """Counts are compared as they are: they have no interval."""
        return ()


@dataclass(frozen=True, slots=True)
class ServerCounts:
    """What counts on the side of the servers."""

    postgres: "asyncpg.Connection | None"
    """None where pg_stat_statements is not there to be read."""
    redis: "Redis"
    missing: str = ""
    """What cannot be counted, and why."""

    async def read(self, database: str) -> Counts:
        """The counters up to now."""
        processed = await settled(self.redis)
        if self.postgres is None:
            return {"redis_commands": processed}
        return {**await self._settled(self.postgres, database), "redis_commands": processed}

    async def _settled(self, postgres: "asyncpg.Connection", database: str) -> Counts:
        """The statements' counters once nothing more is counted: a pool resets connections after the answer."""
        before: Counts = {}
        while (now := dict(await postgres.fetchrow(SERVER_SIDE, database))) != before:
            before = now
            await asyncio.sleep(SETTLE_S)
        return now

    def between(self, before: Counts, after: Counts) -> Counts:
        """What was counted between two readings."""
        return {name: after[name] - before[name] for name in before}


@asynccontextmanager
async def server_counts(servers: Servers) -> AsyncIterator[ServerCounts]:
    """The servers' own counters, of statements where PostgreSQL lets them be read."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Redis.from_url(servers.redis_database(0)))
        postgres, missing = None, ""
        try:
            postgres = await _statements(servers)
        except asyncpg.PostgresError as error:
            missing = f"PostgreSQL's counters cannot be read: {error}"
        if postgres is not None:
            stack.push_async_callback(postgres.close)
        yield ServerCounts(postgres, client, missing)


async def _statements(servers: Servers) -> "asyncpg.Connection":
    """A connection that reads pg_stat_statements, from a database that no arm uses."""
    connection = await asyncpg.connect(servers.postgres.dsn())
    try:
        if servers.kind is not Kind.EXTERNAL:
            await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await connection.execute("SELECT 1 FROM pg_stat_statements LIMIT 1")
    except BaseException:
        await connection.close()
        raise
    return connection


async def settled(client: "Redis") -> float:
    """Redis's commands up to now, once no more are counted: the service keeps an answer after it was given."""
    before = await commands([client])
    while True:
        await asyncio.sleep(SETTLE_S)
        if (now := await commands([client])) == before:
            return float(now.total())
        before = now


def first_of_each(operations: "Sequence[Operation]", each: int) -> "dict[str, list[Operation]]":
    """The first recorded requests of every kind that asks the database."""
    chosen: defaultdict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        several = chosen[requests.kind(operation)]
        if operation.op != "health" and len(several) < each:
            several.append(operation)
    return {kind: several for kind, several in sorted(chosen.items()) if several}


async def _counted(
    bench: Bench, server: ServerCounts, arm: Arm, chosen: "Mapping[str, Sequence[Operation]]"
) -> dict[str, list[Counts]]:
    """Counts per request, by kind, of each pass."""
    api, database = arm.identity.knobs["api"], arm.identity.database.name
    found: dict[str, list[Counts]] = {kind: [] for kind in chosen}
    async with httpx.AsyncClient(base_url=arm.running.base_url, timeout=LIMIT_S, trust_env=False) as client:
        # What is done once, such as preparing a statement on each connection, is no cost of a request.
        for several in chosen.values():
            for operation in several:
                await requests.send(client, api, operation)
        for _ in range(PASSES):
            for kind, several in chosen.items():
                await _emptied(bench, arm)
                before = await server.read(database)
                sizes = [len((await requests.send(client, api, operation)).content) for operation in several]
                changed = server.between(before, await server.read(database))
                found[kind].append({name: value / len(several) for name, value in changed.items()})
                found[kind][-1]["bytes"] = sum(sizes) / len(several)
    return found


async def _emptied(bench: Bench, arm: Arm) -> None:
    """An empty cache, so that every pass begins alike."""
    if bench.servers.redis.disposable:
        async with Redis.from_url(bench.servers.redis_database(REDIS_DATABASE[arm.role])) as client:
            await client.flushdb()


EXPERIMENT = Counters()
