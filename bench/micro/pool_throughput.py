"""How many checkouts with `select 1` a second 20 clients get through: asyncpg's own pool and the service's, in turns.

    python -m bench.micro.pool_throughput [--dsn URL] [--rounds 16] [--slot-s 1]

Without a URL it starts a throwaway PostgreSQL. All pools have as many connections, all are open throughout, and each
round gives every pool one slot in an order drawn anew, so that whatever slows the machine down slows all of them.
The ratio of a round is one value; they are brought together as everywhere in the lab, by Hodges and Lehmann's
estimate on log ratios with its exact interval (docs/statistics.md).
"""

import asyncio
import contextlib
import math
import random
import statistics
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import asyncpg
import click
import uvloop

from bench.lifetime import Custody
from bench.provision import start
from bench.stats.interval import Interval
from bench.stats.signed_rank import estimate, fewest
from service import queries
from service.db import Database, PoolSnapshot, SessionAwareConnection
from service.db.usage import efficiency, utilisation, wait_quantile, wait_share
from service.settings import load

ALPHA = 0.05
SEED = 1
ONE = queries.load()["answers"]
OWN, NO_RESET, FULL_RESET, TUNED = "asyncpg's own", "asyncpg's, no reset", "tuned, full reset", "tuned"

Once = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How it is measured."""

    rounds: int
    slot_s: float
    clients: int
    size: int


@dataclass(frozen=True, slots=True)
class Slot:
    """What one pool did in one round."""

    rate: float
    """Checkouts a second."""
    before: PoolSnapshot
    after: PoolSnapshot
    """The tuned pool's counters around the slot, whichever pool it belonged to."""


async def rate_of(once: Once, plan: Plan) -> float:
    """Checkouts a second in one slot."""
    began = perf_counter()
    done = 0

    async def client() -> None:
        nonlocal done
        while perf_counter() < began + plan.slot_s:
            await once()
            done += 1

    await asyncio.gather(*(client() for _ in range(plan.clients)))
    return done / (perf_counter() - began)


@contextlib.asynccontextmanager
async def tuned(dsn: str, size: int, reset: str) -> AsyncIterator[Database]:
    """The service's pool."""
    database = Database(load(database_url=dsn, pool="tuned", reset=reset, pool_size=size))
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def by(pool: "asyncpg.Pool") -> Once:
    """A checkout as asyncpg's documentation shows it."""

    async def once() -> None:
        async with pool.acquire() as connection:
            await connection.fetch(ONE.sql)

    return once


async def measure(dsn: str, plan: Plan) -> Mapping[str, list[Slot]]:
    """All slots of all pools, in the order of the rounds."""
    async with contextlib.AsyncExitStack() as stack:
        sizes = {"min_size": plan.size, "max_size": plan.size}
        own = await stack.enter_async_context(asyncpg.create_pool(dsn, **sizes))
        bare = await stack.enter_async_context(
            asyncpg.create_pool(dsn, connection_class=SessionAwareConnection, **sizes)
        )
        full = await stack.enter_async_context(tuned(dsn, plan.size, "full"))
        service = await stack.enter_async_context(tuned(dsn, plan.size, "dirty"))
        ways: dict[str, Once] = {
            OWN: by(own),
            NO_RESET: by(bare),
            FULL_RESET: lambda: full.fetch(ONE),
            TUNED: lambda: service.fetch(ONE),
        }
        slots: dict[str, list[Slot]] = {name: [] for name in ways}
        order = random.Random(SEED)
        for _ in range(plan.rounds + 1):
            for name in order.sample(list(ways), len(ways)):
                before = service.usage()
                slots[name].append(Slot(await rate_of(ways[name], plan), before, service.usage()))
        # The first round warmed up: statements were prepared, and the processor's clock rose.
        return {name: values[1:] for name, values in slots.items()}


def ratio(slots: list[Slot], to: list[Slot]) -> Interval:
    """Rates over others of the same rounds."""
    logs = [math.log(one.rate / other.rate) for one, other in zip(slots, to, strict=True)]
    return estimate(logs, alpha=ALPHA).exp()


def report(slots: Mapping[str, list[Slot]], plan: Plan) -> str:
    """A row per pool, and what the tuned pool says of itself."""
    rows = [f"{plan.clients} clients, {plan.size} connections, {plan.rounds} rounds of slots of {plan.slot_s:g} s"]
    for name, values in slots.items():
        row = f"{name:>20} {statistics.median(slot.rate for slot in values):>9,.0f}/s"
        if name != OWN:
            found = ratio(values, slots[OWN])
            row += f"   x {found.estimate:.3f}  [{found.low:.3f}, {found.high:.3f}]"
        rows.append(row)
    moments = [(slot.before, slot.after) for slot in slots[TUNED]]
    rows.append(
        "the tuned pool's own counters, median of its slots: "
        f"utilisation {statistics.median(utilisation(*two) for two in moments):.1%}, "
        f"efficiency {statistics.median(efficiency(*two) for two in moments):.1%}, "
        f"wait share {statistics.median(wait_share(*two) for two in moments):.1%}, "
        f"99 % of waits up to {statistics.median(wait_quantile(*two, 0.99) for two in moments) * 1e3:g} ms"
    )
    return "\n".join(rows)


async def run(dsn: str | None, plan: Plan) -> str:
    """Find a server, and measure."""
    if dsn is not None:
        return report(await measure(dsn, plan), plan)
    with tempfile.TemporaryDirectory() as folder, Custody.open(Path(folder)) as custody:
        async with start("embedded", custody) as servers:
            return report(await measure(servers.postgres.dsn(), plan), plan)


@click.command(help=__doc__.splitlines()[0])
@click.option("--dsn", help="A PostgreSQL to use instead of a throwaway one.")
@click.option("--rounds", type=click.IntRange(min=fewest(ALPHA)), default=16, show_default=True)
@click.option("--slot-s", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True)
@click.option("--clients", type=click.IntRange(min=1), default=20, show_default=True, help="Clients at a time.")
@click.option("--size", type=click.IntRange(min=1), default=5, show_default=True, help="Connections of each pool.")
@click.option("--loop", type=click.Choice(["uvloop", "asyncio"]), default="uvloop", show_default=True)
def main(dsn: str | None, rounds: int, slot_s: float, clients: int, size: int, loop: str) -> None:
    """Measure, and print what came out."""
    factory = uvloop.new_event_loop if loop == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as runner:
        click.echo(runner.run(run(dsn, Plan(rounds, slot_s, clients, size))))


if __name__ == "__main__":
    main()
