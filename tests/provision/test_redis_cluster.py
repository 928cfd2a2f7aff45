"""Embedded servers that are one Redis Cluster: formed, private, and gone with their lab."""

import asyncio
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster as Client
from redis.crc import key_slot
from redis.exceptions import AuthenticationError, MovedError
from redis.exceptions import ConnectionError as NoConnectionError

from bench.errors import ProvisionError
from bench.lifetime import Custody, free_port
from bench.provision import embedded as provider
from bench.provision import redis_cluster as module
from bench.provision.redis_cluster import PRIMARIES, SLOTS, RedisCluster, redis_cluster

pytestmark = pytest.mark.servers

LIMIT_S = 60.0
KEYS = [f"key {number}" for number in range(60)]


async def test_a_client_finds_every_node_from_any(custody: Custody) -> None:
    """Whichever node is asked first, keys spread over all three and are read back."""
    async with redis_cluster(custody) as cluster:
        ports = {urlsplit(url).port for url in cluster.urls}
        for url in cluster.urls:
            async with Client.from_url(url) as client:
                assert {node.port for node in client.get_primaries()} == ports
                assert client.get_replicas() == []
                for key in KEYS:
                    await client.set(key, key)
        owners: Counter[str] = Counter()
        async with Client.from_url(cluster.urls[0]) as client:
            for key in KEYS:
                assert await client.get(key) == key.encode()
                node = client.get_node_from_key(key)
                assert node is not None
                owners[node.name] += 1
        assert len(owners) == PRIMARIES
        assert min(owners.values()) >= 10


async def test_each_node_answers_for_its_slots_alone(custody: Custody) -> None:
    """A key of another node is not taken, but told where it belongs."""
    async with redis_cluster(custody) as cluster, Redis.from_url(cluster.urls[0]) as first:
        for key in KEYS:
            if key_slot(key.encode()) < SLOTS // PRIMARIES:
                assert await first.set(key, "here")
            else:
                with pytest.raises(MovedError):
                    await first.set(key, "here")


async def test_when_a_node_is_killed_the_others_answer(custody: Custody) -> None:
    """The cluster does not ask for all slots: who has a living owner is served, who has none is refused."""
    async with redis_cluster(custody) as cluster:
        cluster.kill(1)
        outcomes: Counter[bool] = Counter()
        for url, index in ((url, index) for index, url in enumerate(cluster.urls) if index != 1):
            async with Redis.from_url(url) as client:
                for key in KEYS:
                    if key_slot(key.encode()) * PRIMARIES // SLOTS == index:
                        outcomes[bool(await client.set(key, "here"))] += 1
        assert outcomes[True] > len(KEYS) / 3
        assert not outcomes[False]
        async with Redis.from_url(cluster.urls[1]) as dead:
            with pytest.raises(NoConnectionError):
                await dead.ping()


async def test_a_replica_takes_over_from_a_primary_that_is_killed(custody: Custody) -> None:
    """Each primary has one that follows it and knows what it knew; the cluster then has three primaries again."""
    async with redis_cluster(custody, replicas=1) as cluster:
        assert len(cluster.nodes) == len(cluster.replicas) == PRIMARIES
        async with Client.from_url(cluster.urls[0]) as client:
            for key in KEYS:
                await client.set(key, key)
        for primary, replica in zip(cluster.nodes, cluster.replicas, strict=True):
            async with Redis.from_url(primary.url) as first, Redis.from_url(replica.url) as second:
                assert (await second.info("replication"))["master_port"] == urlsplit(primary.url).port
                await first.wait(1, 0)
                assert await first.dbsize() == await second.dbsize() > 0
        cluster.kill(1)
        async with Redis.from_url(cluster.replicas[1].url) as heir:
            async with asyncio.timeout(LIMIT_S):
                while (await heir.info("replication"))["role"] != "master":  # noqa: ASYNC110 - the others elect it
                    await asyncio.sleep(0.05)
            theirs = [key for key in KEYS if key_slot(key.encode()) * PRIMARIES // SLOTS == 1]
            assert [await heir.get(key) for key in theirs] == [key.encode() for key in theirs]


async def test_a_stopped_node_hangs_until_it_goes_on(custody: Custody) -> None:
    """It takes connections and answers none of them; then it answers what it was asked meanwhile."""
    async with redis_cluster(custody) as cluster, Redis.from_url(cluster.urls[2]) as client:
        (pid,) = cluster.nodes[2].pids
        cluster.stop(2)
        assert psutil.Process(pid).status() == psutil.STATUS_STOPPED
        with socket.create_connection(("127.0.0.1", urlsplit(cluster.urls[2]).port or 0)):
            cluster.go_on(2)
        assert await client.ping()


async def test_it_is_as_private_as_one_server(custody: Custody) -> None:
    """Loopback alone, for clients and between the nodes; a password, which stands in no printed form."""
    async with redis_cluster(custody) as cluster:
        for node in cluster.nodes:
            (pid,) = node.pids
            sockets = psutil.Process(pid).net_connections("inet")
            assert [s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN] == ["127.0.0.1"] * 2
            parts = urlsplit(node.url)
            assert str(parts.password) not in repr(cluster)
            async with Redis.from_url(f"redis://:wrong@127.0.0.1:{parts.port}") as client:
                with pytest.raises(AuthenticationError):
                    await client.ping()


async def test_it_ends_with_its_context(custody: Custody) -> None:
    """Leaving by an exception ends the nodes, also one that is stopped, although custody goes on."""

    async def break_off() -> None:
        async with redis_cluster(custody) as cluster:
            assert len(custody._lease.holdings().processes) == PRIMARIES
            cluster.stop(0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_off()
    left = custody._lease.holdings()
    assert (left.processes, left.folders) == ({}, [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signalled_lab_leaves_no_node(start_lab: Callable[..., Any], number: int) -> None:
    """After Ctrl-C, SIGTERM and kill -9 no node and no folder is there."""
    lab = start_lab("redis-cluster")
    assert len(lab.remains()) == 2 * PRIMARIES  # a process and a folder each: the look finds them
    lab.end(number)
    assert lab.gone() == []


@pytest.mark.parametrize("module_", [provider, module], ids=["clients' port", "bus"])
async def test_a_port_that_is_taken_meanwhile_is_not_insisted_on(
    custody: Custody, monkeypatch: pytest.MonkeyPatch, module_: object
) -> None:
    """When another program is faster to bind one of a node's two ports, the node is started on the next ones."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answers: Iterator[int] = iter([taken.getsockname()[1]])
        monkeypatch.setattr(module_, "free_port", lambda: next(answers, None) or free_port())
        async with redis_cluster(custody) as cluster, Client.from_url(cluster.urls[0]) as client:
            assert await client.set("key", "value")


async def test_nodes_that_do_not_find_together_are_told(custody: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that is not complete in time is one sentence, which says what it lacks, and leaves nothing."""
    monkeypatch.setattr(module, "READY_S", 0.0)
    with pytest.raises(ProvisionError, match=r"The Redis Cluster did not answer within 0 s \(as yet .*cluster_state"):
        async with redis_cluster(custody):
            pass
    assert custody._lease.holdings().processes == {}


async def test_a_node_that_dies_on_the_way_is_told(custody: Custody, monkeypatch: pytest.MonkeyPatch) -> None:
    """No half of a cluster is ever given out."""
    formed = module.form

    async def after_a_crash(members: list[module.Member]) -> None:
        RedisCluster(tuple(member.redis for member in members)).kill(2)
        await formed(members)

    monkeypatch.setattr(module, "form", after_a_crash)
    with pytest.raises(ProvisionError, match="The Redis Cluster could not be formed"):
        async with redis_cluster(custody):
            pass
    assert custody._lease.holdings().processes == {}
