"""A Redis Cluster, formed by the lab itself of servers that it started: three primaries, and replicas where asked for.

async with redis_cluster(custody) as cluster:
    client = redis.asyncio.cluster.RedisCluster.from_url(cluster.urls[0])

Promises: as private as the single server (loopback, one random password for all nodes, each in a folder of its own);
when the context is entered, every node knows all others and the owner of every slot, and every replica follows its
primary; without full coverage: the nodes that live answer for their own slots whatever becomes of the others.

Here with embedded servers; `docker_redis_cluster` has the same of containers.
"""

import functools
import os
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil
from redis.asyncio import Redis as Client
from redis.crc import REDIS_CLUSTER_HASH_SLOTS as SLOTS
from redis.exceptions import RedisError

from bench.errors import ProvisionError
from bench.lifetime import Custody, free_port
from bench.provision.answering import CONNECT_S, patiently, place
from bench.provision.embedded import redis_server
from bench.provision.servers import Redis

PRIMARIES = 3
"""Fewer cannot tell which of them is away: a majority has to agree."""
READY_S = 30.0
NODE_TIMEOUT_MS = 2000
"""After so long without a sign of life the others call a node failed; the server's 15 s are for real networks."""


@dataclass(frozen=True, slots=True)
class RedisCluster:
    """A running cluster; its primaries can be killed, stopped and continued one by one."""

    nodes: tuple[Redis, ...]
    """The primaries, in the order of their slots."""
    replicas: tuple[Redis, ...] = ()
    """First one of each primary in the same order, then the second of each."""

    @property
    def urls(self) -> tuple[str, ...]:
        """One URL per primary, password included."""
        return tuple(node.url for node in self.nodes)

    def kill(self, index: int) -> None:
        """End a node at once, as a crash does; it is dead on return."""
        self._signal(index, signal.SIGKILL, os.WEXITED)

    def stop(self, index: int) -> None:
        """Make a node hang: it keeps its connections, new ones are accepted, and nothing is answered."""
        self._signal(index, signal.SIGSTOP, os.WSTOPPED)

    def go_on(self, index: int) -> None:
        """Let a stopped node go on."""
        self._signal(index, signal.SIGCONT, os.WCONTINUED)

    def _signal(self, index: int, number: signal.Signals, until: int) -> None:
        for pid in self.nodes[index].pids:
            os.kill(pid, number)
            # Seen, not reaped: that is custody's part.
            os.waitid(os.P_PID, pid, until | os.WNOWAIT)


@dataclass(frozen=True, slots=True)
class Member:
    """A server on its way into a cluster."""

    redis: Redis
    address: tuple[str, int, int]
    """Where the others reach it: host, port, and port of the bus."""
    check_running: Callable[[], Awaitable[None]]
    """Raises ProvisionError when it has ended."""


@asynccontextmanager
async def redis_cluster(custody: Custody, *, replicas: int = 0) -> AsyncIterator[RedisCluster]:
    """Start the nodes, with so many replicas of each primary, and make a cluster of them; they end with the context.

    Raises ProvisionError when one does not start, or when they do not find together.
    """
    password = secrets.token_urlsafe(24)
    settings = functools.partial(_settings, password)
    async with AsyncExitStack() as stack:
        nodes = [await redis_server(custody, stack, password, settings) for _ in range(PRIMARIES * (1 + replicas))]
        await form([await _member(node) for node in nodes])
        yield RedisCluster(tuple(nodes[:PRIMARIES]), tuple(nodes[PRIMARIES:]))


def common_settings() -> str:
    """Lines of the configuration that hold for a node wherever it runs."""
    return f"cluster-enabled yes\ncluster-node-timeout {NODE_TIMEOUT_MS}\ncluster-require-full-coverage no\n"


def _settings(password: str) -> str:
    # The bus has a port of its own: the default, 10,000 above the other, may be above the highest there is. A primary
    # begins at once to send its first replica what it has, and does not wait for a second.
    return f"{common_settings()}cluster-port {free_port()}\nmasterauth {password}\nrepl-diskless-sync-delay 0\n"


async def _member(node: Redis) -> Member:
    async with _client(node) as client:
        try:
            bus = int((await client.config_get("cluster-port"))["cluster-port"] or 0)
        except RedisError as error:
            raise _not_formed(error) from error
    return Member(node, ("127.0.0.1", urlsplit(node.url).port or 0, bus), functools.partial(_check_running, node))


async def form(members: Sequence[Member]) -> None:
    """Make a cluster of servers that have `cluster-enabled`: the first are its primaries, the others replicas.

    Raises ProvisionError.
    """
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_client(member.redis)) for member in members]
        try:
            for index, client in enumerate(clients):
                # Each its own from the start: nodes that claim the same would have to settle that first.
                await client.cluster("SET-CONFIG-EPOCH", index + 1)
            for index, client in enumerate(clients[:PRIMARIES]):
                await client.cluster("ADDSLOTSRANGE", *_slots(index))
            for client in clients[1:]:
                await client.cluster("MEET", *members[0].address)
        except RedisError as error:
            raise _not_formed(error) from error
        await _each(members, clients, functools.partial(_knows_all, len(members)))
        try:
            for index, client in enumerate(clients[PRIMARIES:]):
                await client.cluster("REPLICATE", await clients[index % PRIMARIES].cluster("MYID"))
        except RedisError as error:
            raise _not_formed(error) from error
        await _each(members, clients, functools.partial(_knows_replicas, len(members) - PRIMARIES))
        await _each(members[PRIMARIES:], clients[PRIMARIES:], _follows)


async def _each(members: Sequence[Member], clients: Sequence[Client], ask: Callable[[Client], Awaitable[str]]) -> None:
    """Wait until something is so at each of them."""
    for member, client in zip(members, clients, strict=True):
        await patiently(functools.partial(ask, client), member.check_running, what="The Redis Cluster", limit_s=READY_S)


def _slots(index: int) -> tuple[int, int]:
    """First and last slot of a node."""
    return SLOTS * index // PRIMARIES, SLOTS * (index + 1) // PRIMARIES - 1


def _client(node: Redis) -> Client:
    return Client.from_url(node.url, socket_connect_timeout=CONNECT_S, socket_timeout=CONNECT_S)


async def _knows_all(number: int, client: Client) -> str:
    """The cluster's state as one node sees it. Raises ConnectionError while it lacks a node or a slot."""
    info = {name: str(value) for name, value in (await client.cluster("INFO")).items()}
    complete = {
        "cluster_state": "ok",
        "cluster_size": str(PRIMARIES),
        "cluster_slots_assigned": str(SLOTS),
        "cluster_known_nodes": str(number),
    }
    lacking = {name: info.get(name) for name, expected in complete.items() if info.get(name) != expected}
    if lacking:
        raise ConnectionError(f"as yet {lacking}")
    return info["cluster_state"]


async def _knows_replicas(number: int, client: Client) -> str:
    """How many replicas a node knows. Raises ConnectionError while it lacks one."""
    known = sum("slave" in node["flags"] for node in (await client.cluster("NODES")).values())
    if known != number:
        raise ConnectionError(f"as yet {known} of {number} replicas are known")
    return str(known)


async def _follows(client: Client) -> str:
    """A replica's link to its primary. Raises ConnectionError while it is not up."""
    link = str((await client.info("replication")).get("master_link_status"))
    if link != "up":
        raise ConnectionError(f"as yet a replica's link is {link}")
    return link


def _not_formed(error: RedisError) -> ProvisionError:
    return ProvisionError(f"The Redis Cluster could not be formed: {error}")


async def _check_running(node: Redis) -> None:
    if not all(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in node.pids):
        raise ProvisionError(f"A node of the Redis Cluster, {place(node.url)}, ended before the cluster was formed.")
