"""Throughput of v1's search beside the same search built by others' books, each in a process of its own.

    python -m bench.micro.service_throughput [--documents 100000] [--rounds 16] [--slot-s 1.5] [--clients 8]

All run the recorded searches on the same tuned database, without a cache, with five connections. Each round gives each
a slot under closed-model load, in random order; the ratio of rates in a round is one value (`bench.micro.comparison`).
"""

import asyncio
import json
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import click

from bench.micro import comparison
from bench.micro.ground import Ground, opened
from bench.stats.signed_rank import fewest
from bench.subject import KNOBS, Command, reference, start

V1, BARE, POOLED, ORM = "v1", "bare", "bare, asyncpg's pool", "orm"
SEARCHES = 400


def commands(ground: Ground) -> Mapping[str, Command]:
    """How each is started."""
    knobs = {**dict.fromkeys(KNOBS, "on"), "cache": "off"}
    peer = partial(_peer, ground.tuned)
    service = reference(V1, knobs, database_url=ground.tuned, redis_url=ground.servers.redis_database(0))
    return {V1: service, BARE: peer(BARE), POOLED: peer(BARE, "reset"), ORM: peer(ORM)}


def _peer(dsn: str, name: str, *words: str) -> Command:
    arguments = (sys.executable, "-m", f"bench.micro.peers.{name}", dsn, "{port}", *words)
    return Command("-".join((name, *words)), arguments, ready_path=f"/api/v1/search?{READY}")


READY = urlencode({"q": "x", "workspace": "team-001", "technology": "python"})


def paths(ground: Ground) -> list[str]:
    """What is asked, as the consolidated API has it."""
    return [
        "/api/v1/search?"
        + urlencode({"q": one.q, "workspace": one.workspace, "technology": one.technology, "limit": one.limit})
        for one in ground.searches(SEARCHES)
    ]


class Load:
    """The client's process, started anew for each slot; how much of a core it took is kept."""

    def __init__(self, file: Path, clients: int, slot_s: float) -> None:
        self._file = file
        self._clients = clients
        self._slot_s = slot_s
        self.cores: list[float] = []

    async def rate(self, port: int) -> float:
        """Requests a second in one slot."""
        words = [str(port), str(self._clients), str(self._slot_s), str(self._file)]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bench.micro.peers.client", *words), stdout=asyncio.subprocess.PIPE
        )
        told, _ = await process.communicate()
        if process.returncode:
            raise click.ClickException("the client failed; its complaint stands above.")
        found = json.loads(told)
        self.cores.append(found["cores"])
        return float(found["rate"])


async def run(documents: int, rounds: int, slot_s: float, clients: int) -> str:
    """Start all, measure, and say what came out."""
    async with opened(documents) as ground:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "paths"
            file.write_text("\n".join(paths(ground)))
            load = Load(file, clients, slot_s)
            running = {
                name: await start(command, ground.custody, Path(folder)) for name, command in commands(ground).items()
            }
            ports = {name: int(one.base_url.rpartition(":")[2]) for name, one in running.items()}
            values = await comparison.rounds({name: partial(load.rate, port) for name, port in ports.items()}, rounds)
            for one in running.values():
                ground.custody.end(one.pid)
    head = f"{documents:,} documents, {clients} clients, {rounds} rounds of slots of {slot_s:g} s; requests a second"
    found = {name: comparison.ratio(values[V1], values[name]) for name in (BARE, POOLED, ORM)}
    return "\n".join([
        head,
        *comparison.rows(values, V1, lambda value: f"{value:,.0f}/s"),
        *(f"v1 over {name}: {it.estimate:.3f} [{it.low:.3f}, {it.high:.3f}]" for name, it in found.items()),
        f"the client took {max(load.cores):.2f} cores at most",
    ])  # fmt: skip


@click.command(help=__doc__.splitlines()[0])
@click.option("--documents", type=click.IntRange(min=1_000), default=100_000, show_default=True)
@click.option("--rounds", type=click.IntRange(min=fewest(comparison.ALPHA)), default=16, show_default=True)
@click.option("--slot-s", type=click.FloatRange(min=0.1), default=1.5, show_default=True)
@click.option("--clients", type=click.IntRange(min=1), default=8, show_default=True)
def main(documents: int, rounds: int, slot_s: float, clients: int) -> None:
    """Measure, and print what came out."""
    click.echo(asyncio.run(run(documents, rounds, slot_s, clients)))


if __name__ == "__main__":
    main()
