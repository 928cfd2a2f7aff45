"""How many checkouts with `select 1` a second 20 clients get through: asyncpg's own pool and the service's, in turns.

    python -m bench.micro.pool_throughput [--dsn URL] [--pairs 16] [--slot-s 1]

Without a URL it starts a throwaway PostgreSQL. All pools have as many connections, all are open throughout, and each
round gives every pool one slot in an order drawn anew, so that whatever slows the machine down slows all of them.
The ratio of a round is one value; they are brought together as everywhere in the lab, by Hodges and Lehmann's
estimate on log ratios with its exact interval (docs/statistics.md).
"""

import argparse
import asyncio
import contextlib
import math
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import asyncpg
import uvloop

from bench.lifetime import Custody
from bench.provision import start
from bench.stats.interval import Interval
from bench.stats.signed_rank import estimate
from service import queries
from service.db import Database
from service.db.usage import efficiency, utilisation
from service.settings import load

ONE = queries.load()["answers"]
OWN, RESET_TOO, TUNED = "asyncpg's own pool", "tuned pool, full reset", "tuned pool"


@dataclass(frozen=True, slots=True)
class Load:
    """How it is measured."""

    pairs: int
    slot_s: float
    clients: int
    size: int


async def slot(once: Callable[[], Awaitable[object]], load: Load) -> float:
    """Checkouts a second in one slot."""
    ends = perf_counter() + load.slot_s
    done = 0

    async def client() -> None:
        nonlocal done
        while perf_counter() < ends:
            await once()
            done += 1

    began = perf_counter()
    await asyncio.gather(*(client() for _ in range(load.clients)))
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


async def measure(dsn: str, how: Load) -> None:
    """Measure, and print what came out."""
    async with contextlib.AsyncExitStack() as stack:
        own = await stack.enter_async_context(asyncpg.create_pool(dsn, min_size=how.size, max_size=how.size))
        service = await stack.enter_async_context(tuned(dsn, how.size, "dirty"))
        resetting = await stack.enter_async_context(tuned(dsn, how.size, "full"))

        async def by_own() -> None:
            async with own.acquire() as connection:
                await connection.fetch(ONE.sql)

        ways: dict[str, Callable[[], Awaitable[object]]] = {
            OWN: by_own,
            RESET_TOO: lambda: resetting.fetch(ONE),
            TUNED: lambda: service.fetch(ONE),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        before = service.usage()
        busy = [0.0, 0.0]
        # The first round warms up: statements are prepared, and the processor's clock rises.
        for number in range(how.pairs + 1):
            for name in random.sample(list(ways), len(ways)):
                before = service.usage()
                rate = await slot(ways[name], how)
                if number:
                    rates[name].append(rate)
                if name == TUNED and number:
                    after = service.usage()
                    busy[0] += utilisation(before, after) / how.pairs
                    busy[1] += efficiency(before, after) / how.pairs
    _print(rates, how)
    print(f"The tuned pool's own counters in its slots: utilisation {busy[0]:.1%}, efficiency {busy[1]:.1%}.")


def ratio(rates: list[float], to: list[float]) -> Interval:
    """Rates over others of the same rounds."""
    logs = [math.log(one / other) for one, other in zip(rates, to, strict=True)]
    return estimate(logs, alpha=0.05).exp()


def _print(rates: dict[str, list[float]], how: Load) -> None:
    print(f"{how.clients} clients, {how.size} connections, {how.pairs} rounds of slots of {how.slot_s:g} s")
    for name, values in rates.items():
        found = ratio(values, rates[OWN]) if name != OWN else Interval(1, 1, 1, 0.95)
        middle = sorted(values)[len(values) // 2]
        print(f"{name:>24} {middle:>9,.0f}/s   x {found.estimate:.3f}  [{found.low:.3f}, {found.high:.3f}]")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.micro.pool_throughput", description=__doc__.splitlines()[0])
    parser.add_argument("--dsn", help="a PostgreSQL to use instead of a throwaway one")
    parser.add_argument("--pairs", type=int, default=16, help="rounds, at least 6 (default 16)")
    parser.add_argument("--slot-s", type=float, default=1.0, help="seconds that each pool runs in a round (default 1)")
    parser.add_argument("--clients", type=int, default=20, help="clients at a time (default 20)")
    parser.add_argument("--size", type=int, default=5, help="connections of every pool (default 5)")
    parser.add_argument("--loop", choices=("uvloop", "asyncio"), default="uvloop", help="event loop (default uvloop)")
    asked = parser.parse_args()
    if asked.pairs < 6:
        parser.error("--pairs must be at least 6: fewer give no interval.")
    return asked


async def main(asked: argparse.Namespace) -> None:
    """Find a server, and measure."""
    how = Load(asked.pairs, asked.slot_s, asked.clients, asked.size)
    if asked.dsn:
        await measure(asked.dsn, how)
        return
    with tempfile.TemporaryDirectory() as folder, Custody.open(Path(folder)) as custody:
        async with start("embedded", custody) as servers:
            await measure(await servers.postgres.create_database("throughput"), how)


if __name__ == "__main__":
    arguments = _asked()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if arguments.loop == "uvloop" else None) as runner:
        sys.exit(runner.run(main(arguments)))
