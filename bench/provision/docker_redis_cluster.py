"""A Redis Cluster of containers: what `redis_cluster` has of embedded servers, with three primaries and no replicas.

A node has two addresses. The others reach it at its own in the engine's network; clients reach it where its port is
published, on loopback. Redis tells both where a node is, so it tells clients a host name, which may be an address, and
the published port, while the nodes keep to addresses and the port of the bus. A replica would look for its primary at
the published port, where in the engine's network nobody listens: this is why there are none.
"""

import functools
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from docker.models.containers import Container
from redis.asyncio import Redis as Client
from redis.exceptions import RedisError
from testcontainers.community.redis import RedisContainer

from bench.errors import ProvisionError
from bench.lifetime import Custody
from bench.provision import docker
from bench.provision.answering import CONNECT_S, place
from bench.provision.redis_cluster import PRIMARIES, Member, common_settings, form
from bench.provision.servers import Images, Redis

PORT, BUS = 6379, 16379
"""Inside of the containers."""


@dataclass(frozen=True, slots=True)
class ContainerRedisCluster:
    """A running cluster, as `RedisCluster` is; its nodes can be killed, stopped and continued one by one."""

    nodes: tuple[Redis, ...]
    """In the order of their slots."""
    containers: tuple[Container, ...]

    @property
    def replicas(self) -> tuple[Redis, ...]:
        """None."""
        return ()

    @property
    def urls(self) -> tuple[str, ...]:
        """One URL per node, password included."""
        return tuple(node.url for node in self.nodes)

    def kill(self, index: int) -> None:
        """End a node at once, as a crash does; it is dead on return."""
        self.containers[index].kill()
        self.containers[index].wait()

    def stop(self, index: int) -> None:
        """Make a node hang: it keeps its connections, new ones are accepted, and nothing is answered."""
        self.containers[index].pause()

    def go_on(self, index: int) -> None:
        """Let a stopped node go on."""
        self.containers[index].unpause()


@asynccontextmanager
async def redis_cluster(custody: Custody, images: Images | None = None) -> AsyncIterator[ContainerRedisCluster]:
    """Start the containers and make a cluster of them; they are removed with the context.

    Raises ProvisionError when one does not start, or when they do not find together.
    """
    image = (images or Images.from_environment()).redis
    password, labels = secrets.token_urlsafe(24), custody.container_labels()
    async with AsyncExitStack() as stack:
        started = [await docker.redis_server(image, labels, stack, password, _settings()) for _ in range(PRIMARIES)]
        for _, node in started:
            await publish(node)
        await form([_member(container, node) for container, node in started])
        yield ContainerRedisCluster(
            tuple(node for _, node in started), tuple(container.get_wrapped_container() for container, _ in started)
        )


async def publish(node: Redis) -> None:
    """Have a node tell clients that it is where its URL says. Raises ProvisionError."""
    at = urlsplit(node.url)
    async with Client.from_url(node.url, socket_connect_timeout=CONNECT_S, socket_timeout=CONNECT_S) as client:
        try:
            await client.config_set("cluster-announce-hostname", at.hostname or "")
            await client.config_set("cluster-announce-port", at.port or PORT)
        except RedisError as error:
            raise ProvisionError(f"The Redis at {place(node.url)} cannot be a node of a cluster: {error}") from error


def _settings() -> str:
    # The port of the bus is given, too: else it follows from the port that clients are told.
    return (
        f"{common_settings()}cluster-port {BUS}\ncluster-announce-bus-port {BUS}\n"
        "cluster-preferred-endpoint-type hostname\n"
    )


def _member(container: RedisContainer, node: Redis) -> Member:
    wrapped = container.get_wrapped_container()
    wrapped.reload()
    # The nodes are all in the same network, the one that the engine or testcontainers puts containers into.
    (network, *_) = wrapped.attrs["NetworkSettings"]["Networks"].values()
    return Member(node, (network["IPAddress"], PORT, BUS), functools.partial(docker.check_running, container))
