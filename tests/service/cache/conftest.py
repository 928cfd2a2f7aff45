"""Answers kept in a single Redis and in a Redis Cluster."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator

import pytest
import redis
import redis.asyncio

from bench.faults.wire import Wire
from bench.lifetime import Custody
from bench.provision.redis_cluster import RedisCluster, redis_cluster
from service.cache import RedisAnswers
from tests.service.cache.kept import Kept, settings
from tests.service.resilience.fake_clock import FakeClock


@pytest.fixture(scope="session")
def shared_cluster(custody: Custody) -> Iterator[RedisCluster]:
    """A cluster for tests that do no harm to its nodes."""
    with asyncio.Runner() as runner:
        context = redis_cluster(custody)
        yield runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


@pytest.fixture
async def own_cluster(custody: Custody) -> AsyncIterator[RedisCluster]:
    """A cluster whose nodes one test may kill, stop and rearrange."""
    async with redis_cluster(custody) as cluster:
        yield cluster


@pytest.fixture(params=["single", "cluster"])
def kept(request: pytest.FixtureRequest, fresh_redis: str) -> Kept:
    """Where answers are kept; empty."""
    if request.param == "single":
        return Kept("single", (fresh_redis,))
    cluster: RedisCluster = request.getfixturevalue("shared_cluster")
    for url in cluster.urls:
        with redis.Redis.from_url(url) as client:
            client.flushall()
    return Kept("cluster", cluster.urls)


@pytest.fixture
async def answers(kept: Kept) -> AsyncIterator[RedisAnswers]:
    """Remembers in an empty Redis, or an empty cluster."""
    async with kept.opened() as opened:
        yield opened


@pytest.fixture
async def wire(fresh_redis: str) -> AsyncIterator[Wire]:
    """A wire to an empty Redis."""
    async with Wire(fresh_redis) as opened:
        yield opened


@pytest.fixture
def clock() -> FakeClock:
    """The breakers' clock."""
    return FakeClock()


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """How many commands were begun, by the port of the server."""
    counted: Counter[int] = Counter()
    execute = redis.asyncio.Redis.execute_command

    async def count(client: redis.asyncio.Redis, *words: object, **options: object) -> object:
        counted[client.connection_pool.connection_kwargs["port"]] += 1
        return await execute(client, *words, **options)

    monkeypatch.setattr(redis.asyncio.Redis, "execute_command", count)
    return counted


@pytest.fixture
async def of_own_cluster(own_cluster: RedisCluster, clock: FakeClock) -> AsyncIterator[RedisAnswers]:
    """Remembers in a cluster that the test may harm."""
    urls = ",".join(own_cluster.urls)
    answers = RedisAnswers(settings(urls, redis_mode="cluster"), "corpus", clock=clock)
    await answers.open()
    yield answers
    await answers.close()
