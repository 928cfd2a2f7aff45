"""Filtered search beside the query of the project's origin, and far pages beside near ones, over asyncpg.

    python -m bench.micro.query_times [--documents 100000] [--rounds 16] [--calls 60]

Each round runs the same requests on every side, in random order; the ratio of their mean times in a round is one value
(`bench.micro.comparison`).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from time import perf_counter
from typing import Any

import asyncpg
import click

from bench.corpus import Operation
from bench.corpus.databases import statements
from bench.micro import comparison
from bench.micro.ground import Ground, opened
from bench.stats.signed_rank import fewest
from service import queries
from service.search.cursor import BEGINNING

SQL = Path(__file__).resolve().parents[2] / "sql"
SEED_QUERY = statements((SQL / "seed/search.sql").read_text())[0]
OURS, SEED, SEED_INDEXED = "tuned", "seed, no indexes", "seed, its indexes"
FIRST, FAR, FAR_BY_OFFSET = "page 1", "page 10,000 by cursor", "page 10,000 by offset"
PAGE = 10
"""Documents on a page: page 10,000 of 100,000 is the last."""
SEARCHES = 200

Once = Callable[[], Awaitable[Any]]
Ask = Callable[[Operation], Awaitable[Any]]


async def filtered(ground: Ground, rounds: int, calls: int) -> comparison.Values:
    """Mean seconds of searches of a workspace and a technology."""
    seeded = await ground.servers.postgres.create_database("seeded", template=ground.plain.rpartition("/")[2])
    for statement in statements((SQL / "seed/indexes.sql").read_text()):
        await _execute(seeded, statement)
    await _execute(seeded, "VACUUM (ANALYZE)")
    tuned, plain, indexed = [await asyncpg.connect(dsn) for dsn in (ground.tuned, ground.plain, seeded)]
    asked, ours = ground.searches(SEARCHES), queries.load()["search_in_technology_tuned"]
    drawn = random.Random(comparison.SEED)
    try:
        picks: list[Sequence[Operation]] = [drawn.choices(asked, k=calls) for _ in range(rounds + 1)]

        def ask_ours(one: Operation) -> Awaitable[Any]:
            values = {"query": one.q, "workspace": one.workspace, "technology": one.technology}
            return tuned.fetch(ours.sql, *ours.arguments({**values, "limit": one.limit, "offset": 0}))  # type: ignore[no-any-return]

        def ask_seed(connection: "asyncpg.Connection", one: Operation) -> Awaitable[Any]:
            return connection.fetch(SEED_QUERY, one.q, one.technology, one.workspace, one.limit)  # type: ignore[no-any-return]

        sides: dict[str, Ask] = {
            OURS: ask_ours,
            SEED: partial(ask_seed, plain),
            SEED_INDEXED: partial(ask_seed, indexed),
        }
        turns = {name: _turn([[partial(ask, one) for one in pick] for pick in picks]) for name, ask in sides.items()}
        return await comparison.rounds(turns, rounds)
    finally:
        for connection in (tuned, plain, indexed):
            await connection.close()


async def pages(ground: Ground, rounds: int, calls: int) -> comparison.Values:
    """Mean seconds of a page of all documents, newest first."""
    connection = await asyncpg.connect(ground.tuned)
    try:
        newest, numbered = queries.load()["newest_documents"], queries.load()["numbered_documents"]
        count = await connection.fetchval("SELECT count(*) FROM documents")
        before_last = await connection.fetchrow(
            "SELECT created_at, id FROM documents ORDER BY created_at, id OFFSET $1 LIMIT 1", PAGE
        )

        def walk(created_at: object, identity: int) -> Awaitable[Any]:
            values = {"created_at": created_at, "id": identity, "limit": PAGE}
            return connection.fetch(newest.sql, *newest.arguments(values))  # type: ignore[no-any-return]

        def skip() -> Awaitable[Any]:
            values = {"limit": PAGE, "offset": count - PAGE}
            return connection.fetch(numbered.sql, *numbered.arguments(values))  # type: ignore[no-any-return]

        sides: dict[str, Once] = {
            FIRST: partial(walk, BEGINNING.created_at, BEGINNING.id),
            FAR: partial(walk, before_last["created_at"], before_last["id"]),
            FAR_BY_OFFSET: skip,
        }
        assert [row["id"] for row in await sides[FAR]()] == [row["id"] for row in await skip()]
        turns = {name: _turn([[once] * calls for _ in range(rounds + 1)]) for name, once in sides.items()}
        return await comparison.rounds(turns, rounds)
    finally:
        await connection.close()


def _turn(batches: Sequence[Sequence[Once]]) -> comparison.Turn:
    """A turn that runs the next batch one call after another; mean seconds of a call."""
    waiting = iter(batches)

    async def turn() -> float:
        took = []
        for once in next(waiting):
            began = perf_counter()
            await once()
            took.append(perf_counter() - began)
        return fmean(took)

    return turn


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(statement)
    await connection.close()


async def run(documents: int, rounds: int, calls: int) -> str:
    """Build the databases, measure both, and say what came out."""
    async with opened(documents) as ground:
        searches, far = await filtered(ground, rounds, calls), await pages(ground, rounds, calls)
    return "\n".join([
        f"{documents:,} documents, {rounds} rounds of {calls} calls; mean time of a call",
        "filtered search:",
        *comparison.rows(searches, OURS, _milliseconds),
        f"pages of {PAGE} of all documents, newest first:",
        *comparison.rows(far, FIRST, _milliseconds),
    ])  # fmt: skip


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3f} ms"


@click.command(help=__doc__.splitlines()[0])
@click.option("--documents", type=click.IntRange(min=1_000), default=100_000, show_default=True)
@click.option("--rounds", type=click.IntRange(min=fewest(comparison.ALPHA)), default=16, show_default=True)
@click.option("--calls", type=click.IntRange(min=1), default=60, show_default=True)
def main(documents: int, rounds: int, calls: int) -> None:
    """Measure, and print what came out."""
    click.echo(asyncio.run(run(documents, rounds, calls)))


if __name__ == "__main__":
    main()
