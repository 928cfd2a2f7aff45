"""The servers and the arms of the experiment `cache`: one build without a cache, with one Redis, and with a cluster."""

import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from redis.asyncio import Redis as Client

from bench.experiments.arms import Arm, start_one, together
from bench.experiments.cache_layout import OFF
from bench.experiments.context import Bench
from bench.model import Role
from bench.provision import Kind, Redis
from bench.provision.embedded import redis_server
from bench.provision.redis_cluster import redis_cluster

SINGLE: Final = "single"
CLUSTER: Final = "cluster"
ROLES: Mapping[str, Role] = {SINGLE: Role.BASELINE, CLUSTER: Role.CANDIDATE, OFF: Role.CONTROL}
"""Of the pairs. The arm without a cache takes part in none."""
REDIS_DATABASE, SHELF = 4, 5
"""Of a Redis that the lab shares with the other experiments: beside theirs. SHELF keeps answers aside."""
SETTINGS: Mapping[str, str] = {"cache_ttl_s": "3600"}
"""Of the arms with a cache. Nothing expires while it is measured: the hit ratio is set, not left to the clock."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Where one arm keeps its answers."""

    servers: tuple[Redis, ...]
    clients: tuple[Client, ...]
    """One for each server, on the arm's database."""

    def kill(self, index: int) -> None:
        """End a server at once, as a crash does; only for those that this experiment started."""
        for pid in self.servers[index].pids:
            os.kill(pid, signal.SIGKILL)
            # Seen, not reaped: that is custody's part.
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


@dataclass(frozen=True, slots=True)
class Started:
    """The arms by name, and where those with a cache keep their answers."""

    arms: Mapping[str, Arm]
    keeps: Mapping[str, Keep]
    shelf: Client
    """A database of the one Redis that no service uses."""
    shelf_database: int

    async def verify(self) -> None:
        """Prove again that every arm is what it was. Raises SubjectError."""
        for arm in self.arms.values():
            await arm.verify()


def own_servers(bench: Bench) -> bool:
    """Whether this experiment can start servers of its own, which it may kill."""
    return bench.servers.kind is Kind.EMBEDDED


@asynccontextmanager
async def arms(bench: Bench) -> AsyncIterator[Started]:
    """Start the servers, then the arms; all end with the block.

    Where servers are not embedded there is neither a cluster nor a Redis that may be killed: the arm `single` then
    uses databases of the lab's Redis. Raises ProvisionError or SubjectError when something does not start.
    """
    async with AsyncExitStack() as stack:
        bench.progress.stage("cache: starting servers and arms")
        if own_servers(bench):
            nodes = {
                SINGLE: (await redis_server(bench.custody, stack, os.urandom(16).hex()),),
                CLUSTER: (await stack.enter_async_context(redis_cluster(bench.custody))).nodes,
            }
            databases = {SINGLE: 0, CLUSTER: 0}
            shelf_database = 1
        else:
            nodes = {SINGLE: (bench.servers.redis,)}
            first = bench.servers.redis.first_database
            databases = {SINGLE: first + REDIS_DATABASE}
            shelf_database = first + SHELF
        urls = {name: [_url(node, databases[name]) for node in several] for name, several in nodes.items()}
        keeps = {
            name: Keep(several, tuple([await _client(stack, url) for url in urls[name]]))
            for name, several in nodes.items()
        }
        shelf = await _client(stack, _url(nodes[SINGLE][0], shelf_database))
        started = await _start(bench, stack, {name: ",".join(several) for name, several in urls.items()})
        yield Started(started, keeps, shelf, shelf_database)


async def _start(bench: Bench, stack: AsyncExitStack, urls: Mapping[str, str]) -> Mapping[str, Arm]:
    knobs = bench.knobs[Role.CANDIDATE]
    database = bench.databases[Role.CANDIDATE]
    fields = {name: {**SETTINGS, "redis_mode": name} for name in urls}
    starts = [
        partial(start_one, bench, ROLES[name], name, {**knobs, "cache": "on"}, database, urls[name], fields[name])
        for name in urls
    ]
    starts.append(partial(start_one, bench, ROLES[OFF], OFF, {**knobs, "cache": "off"}, database, urls[SINGLE]))
    started = await stack.enter_async_context(together(bench, starts))
    by_name = {arm.command.name: arm for arm in started}
    bench.draft.arms = tuple(by_name[name].record() for name in urls)
    bench.draft.facts["arms"] = {name: arm.record().knobs for name, arm in by_name.items()}
    return by_name


async def _client(stack: AsyncExitStack, url: str) -> Client:
    client = Client.from_url(url)
    stack.push_async_callback(client.aclose)
    return client


def _url(node: Redis, database: int) -> str:
    """With the database, unless it is the only one that a cluster has."""
    return f"{node.url}/{database}" if database else node.url
