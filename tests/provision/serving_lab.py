"""A lab with servers, to be ended by force: starts them, says what there is, and waits.

`python serving_lab.py STATE KIND WAY`: KIND is a kind of servers or `redis-cluster`, WAY is `wait`, `end` or `error`.
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from bench.lifetime import Custody
from bench.lifetime.processes import birth
from bench.provision import start
from bench.provision.redis_cluster import redis_cluster


def shared_memory(folders: list[str]) -> list[int]:
    """Numbers of the System V segments that PostgreSQL's lock files name."""
    locks = [lock for folder in folders for lock in Path(folder).glob("data/postmaster.pid")]
    return [int(lock.read_text().splitlines()[6].split()[1]) for lock in locks]


@asynccontextmanager
async def serving(custody: Custody, kind: str) -> AsyncIterator[tuple[Sequence[int], dict[str, str]]]:
    """Servers of a kind: their processes and their URLs."""
    if kind == "redis-cluster":
        async with redis_cluster(custody) as cluster:
            yield [pid for node in cluster.nodes for pid in node.pids], {"redis_url": cluster.urls[0]}
        return
    async with start(kind, custody) as servers:
        await servers.postgres.create_database("content")
        urls = {"dsn": servers.postgres.dsn("content"), "redis_url": servers.redis_database(0)}
        yield [*servers.postgres.pids, *servers.redis.pids], urls


async def main(state: Path, kind: str, way: str) -> None:
    """Serve, say and wait, end or break."""
    with Custody.open(state) as custody:
        async with serving(custody, kind) as (roots, urls):
            families = [[pid, *(child.pid for child in psutil.Process(pid).children())] for pid in roots]
            folders = custody._lease.holdings().folders
            made = {
                "token": custody._lease.token,
                "guard": custody._guard.pid,
                **urls,
                "processes": [[pid, birth(pid)] for family in families for pid in family],
                "folders": folders,
                "segments": shared_memory(folders),
            }
            sys.stdout.write(json.dumps(made) + "\n")
            sys.stdout.flush()
            if way == "error":
                raise RuntimeError("the lab broke")
            await asyncio.sleep(300 if way == "wait" else 0)


if __name__ == "__main__":
    # Under nohup it would be ignored, which is not what the tests ask about.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
