"""Three containers that are one Redis Cluster, reached over loopback."""

from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster as Client
from redis.crc import key_slot
from redis.exceptions import ConnectionError as NoConnectionError
from redis.exceptions import MovedError

from bench.faults.wire import Wire
from bench.lifetime import Custody
from bench.provision import docker_redis_cluster as module
from bench.provision import redis_cluster as embedded
from bench.provision.redis_cluster import PRIMARIES, SLOTS
from tests.provision.test_docker import bindings

pytestmark = pytest.mark.servers
KEYS = [f"key {number}" for number in range(60)]


async def spread(urls: tuple[str, ...]) -> None:
    """From any node a client finds all of them where it can reach them, and what it writes it reads back."""
    places = {(urlsplit(url).hostname, urlsplit(url).port) for url in urls}
    owners: Counter[str] = Counter()
    for url in urls:
        async with Client.from_url(url) as client:
            assert {(node.host, node.port) for node in client.get_primaries()} == places
            for key in KEYS:
                await client.set(key, key)
                assert await client.get(key) == key.encode()
                node = client.get_node_from_key(key)
                assert node is not None
                owners[node.name] += 1
    assert len(owners) == PRIMARIES


async def test_nodes_that_are_published_elsewhere_tell_clients_that_place(
    custody: Custody, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with containers: clients are sent to the ports that they can use, and the nodes find together over others."""
    own_settings, own_member = embedded._settings, embedded._member

    def settings(password: str) -> str:
        lines = own_settings(password)
        bus = lines.partition("cluster-port ")[2].partition("\n")[0]
        return f"{lines}cluster-announce-bus-port {bus}\ncluster-preferred-endpoint-type hostname\n"

    async with AsyncExitStack() as stack:
        published: list[str] = []

        async def member(node: embedded.Redis) -> embedded.Member:
            wire = await stack.enter_async_context(Wire(node.url))
            published.append(wire.url)
            as_published = replace(node, url=wire.url)
            await module.publish(as_published)
            return replace(await own_member(node), redis=as_published)

        monkeypatch.setattr(embedded, "_settings", settings)
        monkeypatch.setattr(embedded, "_member", member)
        async with embedded.redis_cluster(custody):
            await spread(tuple(published))
            async with Redis.from_url(published[0]) as first:
                key = next(key for key in KEYS if key_slot(key.encode()) >= SLOTS // PRIMARIES)
                with pytest.raises(MovedError) as moved:
                    await first.get(key)
            places = {(urlsplit(url).hostname, urlsplit(url).port) for url in published}
            assert (moved.value.host, moved.value.port) in places


@pytest.mark.docker
async def test_containers_are_a_cluster_on_loopback(custody: Custody) -> None:
    """Formed, reached from outside on loopback alone, and removed with the context."""
    async with module.redis_cluster(custody) as cluster:
        assert set(bindings(custody._lease.token)) == {"127.0.0.1"}
        assert len(list(bindings(custody._lease.token))) == PRIMARIES
        await spread(cluster.urls)
    assert list(bindings(custody._lease.token)) == []


@pytest.mark.docker
async def test_containers_can_hang_and_die_one_by_one(custody: Custody) -> None:
    """One that was stopped goes on; one that was killed is gone, and the others answer for their slots."""
    async with module.redis_cluster(custody) as cluster:
        cluster.stop(2)
        cluster.go_on(2)
        cluster.kill(1)
        for index, url in enumerate(cluster.urls):
            async with Redis.from_url(url) as client:
                if index == 1:
                    with pytest.raises(NoConnectionError):
                        await client.ping()
                    continue
                for key in KEYS:
                    if key_slot(key.encode()) * PRIMARIES // SLOTS == index:
                        assert await client.set(key, "here")
