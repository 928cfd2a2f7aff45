"""Throwaway servers with the lab's own documents, for comparisons that need a large table."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from bench import corpus
from bench.corpus import DatabaseState, Operation
from bench.lab import caches
from bench.lifetime import Custody
from bench.provision import Servers, start

SEED = 7
TUNED = ("indexes", "fulltext")


@dataclass(frozen=True, slots=True)
class Ground:
    """Running servers, a plain and a tuned database of the same documents, and what is asked of them."""

    custody: Custody
    servers: Servers
    plain: str
    tuned: str
    operations: Sequence[Operation]

    def searches(self, count: int) -> list[Operation]:
        """The first distinct searches with a technology."""
        wanted = [one for one in self.operations if one.op == "search" and one.technology is not None]
        return list(dict.fromkeys(wanted))[:count]


@asynccontextmanager
async def opened(documents: int) -> AsyncIterator[Ground]:
    """Embedded servers; the finished databases are kept for the next time, as those of a run are."""
    states = [DatabaseState(documents, SEED), DatabaseState(documents, SEED, TUNED)]
    snapshot = caches.snapshot(states)
    with tempfile.TemporaryDirectory() as folder, Custody.open(Path(folder)) as custody:
        async with start("embedded", custody, snapshot=snapshot) as servers:
            if not servers.postgres.restored:
                await corpus.prepare(servers.postgres, states, click.echo)
                await servers.postgres.snapshot(snapshot)
            plain, tuned = (servers.postgres.dsn(state.name) for state in states)
            asked = corpus.record(corpus.documents(corpus.harvest(), documents, SEED), 4_000, SEED)
            yield Ground(custody, servers, plain, tuned, asked)
