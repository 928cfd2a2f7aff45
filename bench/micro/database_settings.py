"""What the knob `settings` does to query times: a tuned database with and without it, on one server, in turns.

    python -m bench.micro.database_settings [--documents 100000] [--rounds 16] [--calls 150] [--written 5000]

Both databases are copies of one file tree. Each round draws requests of the recorded workload and runs the same ones on
both, the order drawn anew; the ratio of their mean times is one value, and values are brought together as everywhere in
the lab, by Hodges and Lehmann's estimate on log ratios with its exact interval (docs/statistics.md). A second database
without the settings is the control: its interval says what the method alone makes of nothing.

Measured twice: as loaded, and after some documents were written and autovacuum had its chance in each database, which
shows in how many rows a count must look up because the visibility map does not know their pages any more.
"""

import asyncio
import json
import math
import random
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import asyncpg
import click

from bench import corpus
from bench.corpus import DatabaseState
from bench.experiments import statements
from bench.lifetime import Custody
from bench.load.queries import Call
from bench.provision import Servers, start
from bench.stats.signed_rank import estimate, fewest

ALPHA = 0.05
SEED = 7
STATE = ("indexes", "fulltext")
WITHOUT, CONTROL, WITH = "without", "control", "with"
OFTEN = {"autovacuum_naptime": "1s"}
"""Autovacuum looks every second: what it waits for are the thresholds, which is what the knob is about."""
CHANCE_S = 60
WRITE = "UPDATE documents SET content = content || ' (checked)', updated_at = now() WHERE id % ($1 / $2) = 0"
LOOKED_UP = "EXPLAIN (ANALYZE, FORMAT JSON) SELECT count(*) FROM documents WHERE workspace_id = 'team-001'"

Times = Mapping[str, Mapping[str, Sequence[float]]]
"""Mean seconds of each round, by query and database."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How it is measured."""

    documents: int
    rounds: int
    calls: int
    written: int


async def build(servers: Servers, plan: Plan) -> dict[str, str]:
    """URLs of the three databases."""
    state = DatabaseState(plan.documents, SEED, STATE)
    await corpus.prepare(servers.postgres, [state], click.echo)
    urls = {}
    for name in (WITHOUT, CONTROL, WITH):
        urls[name] = await servers.postgres.create_database(name, template=state.name)
    await corpus.tune(urls[WITH], ["settings"])
    return urls


def requests(plan: Plan) -> list[Call]:
    """What the tuned service asks for the recorded workload."""
    documents = corpus.documents(corpus.harvest(), plan.documents, SEED)
    calls = [statements.call(operation, statements.TUNED) for operation in corpus.record(documents, 2_000, SEED)]
    return [call for call in calls if call is not None]


async def measure(urls: Mapping[str, str], calls: Sequence[Call], plan: Plan) -> Times:
    """Time all rounds."""
    connections = {name: await asyncpg.connect(url) for name, url in urls.items()}
    order = random.Random(SEED)
    times: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for number in range(plan.rounds + 1):
        drawn = order.choices(calls, k=plan.calls)
        for name in order.sample(list(urls), len(urls)):
            for query, took in (await _run(connections[name], drawn)).items():
                # The first round warms up: statements are prepared, and pages come into memory.
                if number:
                    times[query][name].append(statistics.fmean(took))
    for connection in connections.values():
        await connection.close()
    return times


async def _run(connection: "asyncpg.Connection", calls: Sequence[Call]) -> dict[str, list[float]]:
    took: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        began = perf_counter()
        for statement in call.statements:
            await connection.fetch(statement.sql, *statement.arguments)
        took_s = perf_counter() - began
        took[call.name].append(took_s)
        took["all"].append(took_s)
    return took


async def write(url: str, plan: Plan) -> str:
    """Change documents, give autovacuum its chance; answer what has become of it."""
    connection = await asyncpg.connect(url)
    await connection.execute("SELECT pg_stat_reset()")
    await connection.execute(WRITE.replace("$1", str(plan.documents)).replace("$2", str(plan.written)))
    vacuumed = 0
    for _ in range(CHANCE_S):
        await asyncio.sleep(1)
        vacuumed = await connection.fetchval(
            "SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'documents'"
        )
        if vacuumed:
            break
    (explained,) = json.loads(await connection.fetchval(LOOKED_UP))
    await connection.close()
    return f"autovacuum {'came' if vacuumed else f'did not come in {CHANCE_S} s'}; {_fetches(explained['Plan'])}"


def _fetches(plan: Mapping[str, object]) -> str:
    nodes = [plan]
    while "Heap Fetches" not in nodes[-1] and "Plans" in nodes[-1]:
        below = nodes[-1]["Plans"]
        assert isinstance(below, list)
        nodes.append(below[0])
    return f"{nodes[-1].get('Heap Fetches', 'all')} rows of the largest workspace looked up to be counted"


def report(times: Times, moment: str) -> str:
    """A row per query."""
    rows = [f"{moment}: mean time over that without settings"]
    for query, by_name in sorted(times.items()):
        row = f"{query:>22} {statistics.median(by_name[WITHOUT]) * 1e3:8.3f} ms"
        for name in (WITH, CONTROL):
            both = list(zip(by_name[name], by_name[WITHOUT], strict=False))
            if len(both) < fewest(ALPHA):
                continue
            found = estimate([math.log(one / other) for one, other in both], alpha=ALPHA).exp()
            row += f"   {name} x {found.estimate:.3f} [{found.low:.3f}, {found.high:.3f}]"
        rows.append(row)
    return "\n".join(rows)


async def run(plan: Plan) -> None:
    """Build, measure, write, measure again."""
    with tempfile.TemporaryDirectory() as folder, Custody.open(Path(folder)) as custody:
        async with start("embedded", custody, settings=OFTEN) as servers:
            urls = await build(servers, plan)
            calls = requests(plan)
            click.echo(report(await measure(urls, calls, plan), "as loaded"))
            for name, told in zip(
                urls, await asyncio.gather(*(write(url, plan) for url in urls.values())), strict=True
            ):
                click.echo(f"{name}: {told}")
            click.echo(report(await measure(urls, calls, plan), f"after {plan.written:,} documents were written"))


@click.command(help=__doc__.splitlines()[0])
@click.option("--documents", type=click.IntRange(min=1000), default=100_000, show_default=True)
@click.option("--rounds", type=click.IntRange(min=fewest(ALPHA)), default=16, show_default=True)
@click.option("--calls", type=click.IntRange(min=10), default=150, show_default=True, help="Requests of each slot.")
@click.option("--written", type=click.IntRange(min=1), default=5_000, show_default=True, help="Documents changed.")
def main(documents: int, rounds: int, calls: int, written: int) -> None:
    """Measure, and print what came out."""
    asyncio.run(run(Plan(documents, rounds, calls, written)))


if __name__ == "__main__":
    main()
