"""Candidates that cannot answer: beside the arms, for experiments on errors."""

from collections.abc import AsyncIterator, Container
from contextlib import asynccontextmanager

import asyncpg

from bench.experiments.context import Bench
from bench.experiments.contract_errors import ADMIN_KEY
from bench.faults.wire import Wire
from bench.model import Role
from bench.subject import Running, all_or_none, reference, setting, start

REDIS_DATABASE = 4
WAYS = ("keyed", "cut", "defect", "limited")
"""By what is sent, with a key for administrators; without the database; with a defect; beyond the limit."""


@asynccontextmanager
async def spoilt(bench: Bench, name: str) -> AsyncIterator[str]:
    """A copy of the candidate's database, of this name, which will be spoilt."""
    postgres = bench.servers.postgres
    template = bench.databases[Role.CANDIDATE].rpartition("/")[2]
    dsn = await postgres.create_database(name, template=template)
    try:
        yield dsn
    finally:
        await postgres.drop_database(name)


@asynccontextmanager
async def failing(bench: Bench, spoilt: str, wanted: Container[str] = WAYS) -> AsyncIterator[dict[str, Running]]:
    """Candidates that each fail in a way of their own: by what is sent, by the limit, by the database, by a defect.

    Of the database `spoilt` a column is renamed once the services run on it.
    """
    async with Wire(bench.databases[Role.CANDIDATE]) as wire:
        whole = bench.databases[Role.CANDIDATE]
        places = {"keyed": whole, "cut": wire.url, "defect": spoilt, "limited": whole}
        places = {name: dsn for name, dsn in places.items() if name in wanted}
        extra = {name: {setting("admin_key"): ADMIN_KEY} for name in places}
        # Who cannot be counted in time is let in: here a late count would look like a limit that is not kept.
        extra["limited"] = {setting("rate_limit"): "1/hour", setting("cache_deadline_s"): "5"}
        started = await all_or_none(_candidate(bench, name, dsn, extra[name]) for name, dsn in places.items())
        services = dict(zip(places, started, strict=True))
        try:
            await wire.cut()
            connection = await asyncpg.connect(spoilt)
            # Without a column that every route reads; a whole table may be an operator's doing, and is a 503.
            await connection.execute("ALTER TABLE documents RENAME COLUMN workspace_id TO renamed")
            await connection.close()
            yield services
        finally:
            for running in services.values():
                bench.custody.end(running.pid)


async def _candidate(bench: Bench, name: str, dsn: str, extra: dict[str, str]) -> Running:
    # Without the cache: an answer that is remembered does not fail.
    knobs = {**bench.knobs[Role.CANDIDATE], "cache": "off"}
    command = reference(
        f"failing-{name}", knobs, database_url=dsn, redis_url=bench.servers.redis_database(REDIS_DATABASE)
    )
    return await start(command.having(extra), bench.custody, bench.logs)
