"""A Redis Cluster of embedded servers, formed by the lab itself: three primaries, no replicas.

async with redis_cluster(custody) as cluster:
    client = redis.asyncio.cluster.RedisCluster.from_url(cluster.urls[0])

Promises: as private as the single server (loopback, one random password for all nodes, each in a folder of its own);
when the context is entered, every node knows all others and the owner of every slot; without full coverage: the nodes
that live answer for their own slots whatever becomes of the others.
"""

import functools
import os
import secrets
import signal
from collections.abc import AsyncIterator, Sequence
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
    """A running cluster; its nodes can be killed, stopped and continued one by one."""

    nodes: tuple[Redis, ...]

    @property
    def urls(self) -> tuple[str, ...]:
        """One URL per node, password included."""
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


@asynccontextmanager
async def redis_cluster(custody: Custody) -> AsyncIterator[RedisCluster]:
    """Start the nodes and make a cluster of them; they end with the context.

    Raises ProvisionError when one does not start, or when they do not find together.
    """
    password = secrets.token_urlsafe(24)
    async with AsyncExitStack() as stack:
        nodes = tuple([await redis_server(custody, stack, password, _settings) for _ in range(PRIMARIES)])
        await _form(nodes)
        yield RedisCluster(nodes)


def _settings() -> str:
    # The bus has a port of its own: the default, 10,000 above the other, may be above the highest there is.
    return (
        f"cluster-enabled yes\ncluster-port {free_port()}\ncluster-node-timeout {NODE_TIMEOUT_MS}\n"
        "cluster-require-full-coverage no\n"
    )


async def _form(nodes: Sequence[Redis]) -> None:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(_client(node)) for node in nodes]
        try:
            bus = (await clients[0].config_get("cluster-port"))["cluster-port"]
            for index, client in enumerate(clients):
                # Each its own from the start: nodes that claim the same would have to settle that first.
                await client.cluster("SET-CONFIG-EPOCH", index + 1)
                await client.cluster("ADDSLOTSRANGE", *_slots(index))
            for client in clients[1:]:
                await client.cluster("MEET", "127.0.0.1", urlsplit(nodes[0].url).port, bus)
        except RedisError as error:
            raise ProvisionError(f"The Redis Cluster could not be formed: {error}") from error
        for node, client in zip(nodes, clients, strict=True):
            await patiently(
                functools.partial(_knows_all, client),
                functools.partial(_check_running, node),
                what="The Redis Cluster",
                limit_s=READY_S,
            )


def _slots(index: int) -> tuple[int, int]:
    """First and last slot of a node."""
    return SLOTS * index // PRIMARIES, SLOTS * (index + 1) // PRIMARIES - 1


def _client(node: Redis) -> Client:
    return Client.from_url(node.url, socket_connect_timeout=CONNECT_S, socket_timeout=CONNECT_S)


async def _knows_all(client: Client) -> str:
    """The cluster's state as one node sees it. Raises ConnectionError while it lacks a node or a slot."""
    info = {name: str(value) for name, value in (await client.cluster("INFO")).items()}
    complete = {"cluster_state": "ok", "cluster_size": str(PRIMARIES), "cluster_slots_assigned": str(SLOTS)}
    lacking = {name: info.get(name) for name, expected in complete.items() if info.get(name) != expected}
    if lacking:
        raise ConnectionError(f"as yet {lacking}")
    return info["cluster_state"]


async def _check_running(node: Redis) -> None:
    if not all(psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE for pid in node.pids):
        raise ProvisionError(f"A node of the Redis Cluster, {place(node.url)}, ended before the cluster was formed.")
