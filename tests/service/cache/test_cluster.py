"""A Redis Cluster whose nodes die, hang and pass slots on."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
import redis.asyncio
from redis.asyncio.cluster import RedisCluster as Client
from redis.crc import key_slot

from bench.faults.wire import Wire
from bench.provision.redis_cluster import RedisCluster
from service.cache import RedisAnswers
from service.cache.cluster import Cluster
from service.cache.node import BREAKER, Node, place
from service.resilience import CircuitState
from tests.service.cache.kept import settings
from tests.service.resilience.fake_clock import FakeClock
from tests.service.work import Work

LIMIT_S = 30.0
"""Tests of what must not hang fail after this long; nothing is concluded from shorter times."""
SHORT_S = 0.2
"""For a node that hangs; the others have time, or a stall of this machine would be taken for theirs."""
Requests = Mapping[str, list[dict[str, object]]]
NEVER = Work.failing(AssertionError("not from the cache"))


def cluster_of(answers: RedisAnswers) -> Cluster:
    """The cluster that the answers are in."""
    assert isinstance(answers._store, Cluster)
    return answers._store


def node_at(answers: RedisAnswers, url: str) -> Node:
    """One node, as the answers see it."""
    return next(node for node in cluster_of(answers)._nodes.values() if place(node.url) == place(url))


def port(url: str) -> int:
    """The port of a URL."""
    return urlsplit(url).port or 0


def by_node(answers: RedisAnswers, number: int = 60) -> Requests:
    """Requests by the URL of the node that their answers belong to."""
    requests: defaultdict[str, list[dict[str, object]]] = defaultdict(list)
    for q in range(number):
        owner = cluster_of(answers)._owners[key_slot(answers._key("search", {"q": q}).encode())]
        assert owner is not None
        requests[owner.url].append({"q": q})
    return requests


async def ask(answers: RedisAnswers, requests: list[dict[str, object]], work: Work) -> None:
    """Ask for all, one after another."""
    for request in requests:
        assert await answers.get_or_compute("search", request, work) == b"answer"


async def test_answers_spread_over_all_nodes_as_clients_of_a_cluster_expect(
    of_own_cluster: RedisAnswers, own_cluster: RedisCluster
) -> None:
    """Keys have no hash tag; redis-py's own client finds each where it was put."""
    requests = by_node(of_own_cluster)
    assert {place(url) for url in requests} == {place(url) for url in own_cluster.urls}
    assert min(len(some) for some in requests.values()) >= 10
    for some in requests.values():
        await ask(of_own_cluster, some, Work.ready())
    await of_own_cluster._flights.settle()
    async with Client.from_url(own_cluster.urls[0]) as client:
        for some in requests.values():
            for request in some:
                assert await client.get(of_own_cluster._key("search", request)) == b"+answer"


@pytest.mark.parametrize("way", ["kill", "stop"])
async def test_a_node_that_is_away_costs_its_own_keys_and_no_others(
    way: str, of_own_cluster: RedisAnswers, own_cluster: RedisCluster, commands: Counter[int]
) -> None:
    """Killed or hanging: its answers are computed, and its circuit opens; all the others still hit."""
    requests = by_node(of_own_cluster)
    for some in requests.values():
        await ask(of_own_cluster, some, Work.ready())
    await of_own_cluster._flights.settle()
    gone = own_cluster.urls[1]
    getattr(own_cluster, way)(1)
    node_at(of_own_cluster, gone)._deadline.seconds = SHORT_S
    commands.clear()
    work = Work.ready()
    async with asyncio.timeout(LIMIT_S):
        for url, some in requests.items():
            await ask(of_own_cluster, some, work if place(url) == place(gone) else NEVER)
    assert work.times == len(requests[node_at(of_own_cluster, gone).url])
    assert node_at(of_own_cluster, gone).breaker.state is CircuitState.OPEN
    assert not await of_own_cluster.healthy()
    for url in own_cluster.urls:
        if url != gone:
            assert node_at(of_own_cluster, url).breaker.state is CircuitState.CLOSED
    if way == "stop":
        own_cluster.go_on(1)


async def test_commands_stop_when_the_circuit_opens_and_come_back_when_the_node_goes_on(
    of_own_cluster: RedisAnswers, own_cluster: RedisCluster, commands: Counter[int], clock: FakeClock
) -> None:
    """Until then each request of a node that hangs costs one command; the first success closes the circuit."""
    hung = own_cluster.urls[2]
    node = node_at(of_own_cluster, hung)
    requests = by_node(of_own_cluster)[node.url]
    await ask(of_own_cluster, requests, Work.ready())
    await of_own_cluster._flights.settle()
    own_cluster.stop(2)
    node._deadline.seconds = SHORT_S
    commands.clear()
    clock.now += 2 * (BREAKER.window_s or 0)  # the successes are long ago
    work = Work.ready()
    async with asyncio.timeout(LIMIT_S):
        await ask(of_own_cluster, requests, work)
        assert commands[port(hung)] == BREAKER.minimum_calls
        clock.now += 2 * BREAKER.recovery_timeout_s
        await ask(of_own_cluster, requests, work)
        assert commands[port(hung)] == BREAKER.minimum_calls + BREAKER.half_open_calls
        assert node.breaker.state is CircuitState.OPEN
        assert work.times == 2 * len(requests)
        own_cluster.go_on(2)
        node._deadline.seconds = LIMIT_S
        # Nodes that others took for failed refuse for a moment before they serve again.
        while node.breaker.state is not CircuitState.CLOSED:
            clock.now += 2 * BREAKER.recovery_timeout_s
            await ask(of_own_cluster, requests[:1], Work.ready())
        while not await of_own_cluster.healthy():  # noqa: ASYNC110 - other processes are waited for
            await asyncio.sleep(0.01)
        await ask(of_own_cluster, requests, Work.ready())
        await ask(of_own_cluster, requests, NEVER)


async def test_a_key_that_moved_is_a_miss_until_the_map_is_learnt_anew(
    of_own_cluster: RedisAnswers, own_cluster: RedisCluster, clock: FakeClock
) -> None:
    """The node that lost its slots says so; then their answers are kept by the one that has them now."""
    request: dict[str, object] = {"q": "moving"}
    slot = key_slot(of_own_cluster._key("search", request).encode())
    cluster = cluster_of(of_own_cluster)
    before = cluster._owners[slot]
    assert before is not None
    to = next(url for url in own_cluster.urls if place(url) != place(before.url))
    await _give(own_cluster, slot, to)
    work = Work.ready()
    async with asyncio.timeout(LIMIT_S):
        await ask(of_own_cluster, [request], work)
        assert cluster._learning is not None
        await cluster._learning
        after = cluster._owners[slot]
        assert after is not None
        assert place(after.url) == place(to)
        assert before.breaker.state is CircuitState.CLOSED
        await ask(of_own_cluster, [request], work)
        await ask(of_own_cluster, [request], NEVER)
    assert work.times == 2


async def test_the_map_is_not_learnt_again_and_again(
    of_own_cluster: RedisAnswers, commands: Counter[int], clock: FakeClock
) -> None:
    """However many keys have moved, one request for the map at a time, and none sooner than a while after the last."""
    cluster = cluster_of(of_own_cluster)
    for _ in range(5):
        cluster._learn_anew()
    assert cluster._learning is not None
    await cluster._learning
    for _ in range(5):
        cluster._learn_anew()
    await cluster._learning
    assert sum(commands.values()) == 1
    clock.now += 2.0
    cluster._learn_anew()
    await cluster._learning
    assert sum(commands.values()) == 2


async def test_a_node_that_left_is_forgotten_and_the_others_keep_their_connections(
    of_own_cluster: RedisAnswers, own_cluster: RedisCluster
) -> None:
    """Nodes that stay are the same objects, with their breakers; one that owns nothing any more is closed."""
    cluster = cluster_of(of_own_cluster)
    staying = {url: node_at(of_own_cluster, url) for url in own_cluster.urls[:2]}
    slots = [range(8192), range(8192, 16384)]
    await cluster._take(list(zip(slots, (node.url for node in staying.values()), strict=True)))
    assert set(map(id, cluster._nodes.values())) == set(map(id, staying.values()))
    assert set(by_node(of_own_cluster)) == {node.url for node in staying.values()}


async def test_slots_that_nobody_owns_are_misses(of_own_cluster: RedisAnswers, commands: Counter[int]) -> None:
    """A hole in the cluster costs nothing."""
    await cluster_of(of_own_cluster)._take([])
    work = Work.ready()
    await ask(of_own_cluster, [{"q": 1}] * 5, work)
    assert (work.times, sum(commands.values())) == (5, 0)


async def test_any_living_node_tells_where_keys_are(wire: Wire, own_cluster: RedisCluster) -> None:
    """Of several nodes that the setting names the first may be dead, or silent."""
    for mode in ("cut", "silent"):
        if mode == "cut":
            await wire.cut()
        else:
            await wire.mend()
            wire.mode = "silent"
        urls = ",".join([wire.url.rpartition("/")[0], own_cluster.urls[0]])
        answers = RedisAnswers(settings(urls, redis_mode="cluster"), "corpus")
        async with asyncio.timeout(LIMIT_S):
            assert await answers.get_or_compute("search", {"mode": mode}, Work.ready()) == b"answer"
            assert await answers.get_or_compute("search", {"mode": mode}, NEVER) == b"answer"
        await answers.close()


async def test_a_cluster_that_is_not_there_is_left_alone_and_found_when_it_comes(
    wire: Wire, own_cluster: RedisCluster, clock: FakeClock
) -> None:
    """No node that the setting names answers: everything is computed; later the map is learnt by a request."""
    async with Wire(own_cluster.urls[0]) as to_cluster:
        answers = RedisAnswers(settings(to_cluster.url, redis_mode="cluster"), "corpus", clock=clock)
        await to_cluster.cut()
        work = Work.ready()
        await ask(answers, [{"q": 1}] * 10, work)
        assert work.times == 10
        assert not await answers.healthy()
        await to_cluster.mend()
        knocks = to_cluster.accepted
        await ask(answers, [{"q": 1}] * 10, work)
        assert to_cluster.accepted == knocks
        clock.now += 2 * BREAKER.recovery_timeout_s
        await ask(answers, [{"q": 1}], Work.ready())
        await ask(answers, [{"q": 1}], NEVER)
        assert await answers.healthy()
        await answers.close()


async def test_a_request_that_gives_up_does_not_end_the_learning_of_others(own_cluster: RedisCluster) -> None:
    """All who come before the map is known wait for one learning."""
    async with Wire(own_cluster.urls[0]) as to_cluster:
        to_cluster.mode = "silent"
        answers = RedisAnswers(settings(to_cluster.url, redis_mode="cluster"), "corpus")
        asking = [asyncio.create_task(answers.get_or_compute("search", {}, NEVER)) for _ in range(3)]
        await to_cluster.asked.wait()
        learning = cluster_of(answers)._learning
        asking[0].cancel()
        await asyncio.wait(asking[:1])
        assert learning is not None
        assert not learning.done()
        await answers.close()
        for task in asking[1:]:
            task.cancel()
        await asyncio.wait(asking)


async def _give(cluster: RedisCluster, slot: int, url: str) -> None:
    """Let a node own a slot from now on, without what is in it."""
    async with redis.asyncio.Redis.from_url(url) as new:
        identity = await new.cluster("MYID")
        await new.cluster("SETSLOT", slot, "NODE", identity)
        # The others believe it once it claims the slot in an epoch newer than that of the old owner's claim.
        await new.cluster("BUMPEPOCH")
        epoch = (await new.cluster("INFO"))["cluster_my_epoch"]
    for other in cluster.urls:
        if other == url:
            continue
        async with redis.asyncio.Redis.from_url(other) as client:
            while int((await client.cluster("INFO"))["cluster_current_epoch"]) < int(epoch):  # noqa: ASYNC110 - gossip
                await asyncio.sleep(0.01)
            await client.cluster("SETSLOT", slot, "NODE", identity)
