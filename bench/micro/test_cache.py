"""What an answer from the cache costs: one Redis and a Redis Cluster, and what is left of it when Redis is away.

A round is a hundred requests one after another over loopback, so a hundred microseconds in the table are one a request.
`computed` is the same request without a cache, its computation being nothing: what a hit has to beat is the query, not
this. `bare_get` is redis-py's own client for the mode, without key, deadline and breaker.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster as ClusterClient

from bench.lifetime import Custody
from bench.provision.embedded import redis_server
from bench.provision.redis_cluster import RedisCluster, redis_cluster
from service.cache import Answers, NoAnswers, RedisAnswers
from service.cache.cluster import Cluster
from service.cache.node import Node
from service.resilience import CircuitState
from service.settings import load

REQUESTS = 100
ROUNDS = 100
ANSWER = b"x" * 4096
"""About as long as a page of twenty results."""

Round = Callable[[], Awaitable[None]]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """An event loop."""
    with asyncio.Runner() as opened:
        yield opened


@asynccontextmanager
async def _servers(custody: Custody) -> AsyncIterator[tuple[str, RedisCluster]]:
    async with AsyncExitStack() as stack, redis_cluster(custody) as cluster:
        yield (await redis_server(custody, stack, "micro")).url, cluster


@pytest.fixture(scope="module")
def servers(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, RedisCluster]]:
    """The URL of a Redis, and a cluster."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody:
        context = _servers(custody)
        yield runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


@pytest.fixture
def answers(
    request: pytest.FixtureRequest, runner: asyncio.Runner, servers: tuple[str, RedisCluster]
) -> Iterator[Answers]:
    """Answers kept where the parameter says."""
    single, cluster = servers
    url = single if request.param == "single" else cluster.urls[0]
    made: Answers = NoAnswers()
    if request.param != "computed":
        settings = load(
            database_url="postgresql://unused/unused", redis_mode=request.param, redis_url=url, cache_deadline_s=5.0
        )
        made = RedisAnswers(settings, "micro")
    runner.run(made.open())
    yield made
    runner.run(made.close())


async def compute() -> bytes:
    """Compute at once."""
    return ANSWER


def asking(answers: Answers) -> Round:
    """A round of requests that differ, so that a cluster's nodes all have some."""

    async def one_round() -> None:
        for number in range(REQUESTS):
            await answers.get_or_compute("search", {"workspace": "team-1", "q": "event loop", "limit": number}, compute)

    return one_round


def measure(benchmark: BenchmarkFixture, runner: asyncio.Runner, one_round: Round) -> None:
    """Time rounds; the first fill the cache and the connections."""
    loop = runner.get_loop()
    benchmark.pedantic(lambda: loop.run_until_complete(one_round()), rounds=ROUNDS, warmup_rounds=5)


@pytest.mark.benchmark(group="hit: µs per 100 requests")
@pytest.mark.parametrize("answers", ["computed", "single", "cluster"], indirect=True)
def test_hit(benchmark: BenchmarkFixture, runner: asyncio.Runner, answers: Answers) -> None:
    """An answer that is remembered."""
    measure(benchmark, runner, asking(answers))


@pytest.mark.benchmark(group="hit: µs per 100 requests")
@pytest.mark.parametrize("mode", ["single", "cluster"])
def test_bare_get(
    benchmark: BenchmarkFixture, runner: asyncio.Runner, servers: tuple[str, RedisCluster], mode: str
) -> None:
    """redis-py alone: the same bytes by GET, through its own client for the mode."""
    client = Redis.from_url(servers[0]) if mode == "single" else ClusterClient.from_url(servers[1].urls[0])
    names = [f"docaiche:2:search:{number:032x}" for number in range(REQUESTS)]

    async def fill() -> None:
        for name in names:
            await client.set(name, ANSWER)

    async def one_round() -> None:
        for name in names:
            await client.get(name)

    runner.run(fill())
    measure(benchmark, runner, one_round)
    runner.run(client.aclose())


@pytest.mark.benchmark(group="circuit open: µs per 100 requests")
@pytest.mark.parametrize("answers", ["computed", "single", "cluster"], indirect=True)
def test_open(benchmark: BenchmarkFixture, runner: asyncio.Runner, answers: Answers) -> None:
    """A request while Redis is known to be away: nothing is sent."""
    for node in _nodes(answers):
        node.breaker.transition_to(CircuitState.FORCED_OPEN)
    measure(benchmark, runner, asking(answers))


def _nodes(answers: Answers) -> list[Node]:
    if isinstance(answers, NoAnswers):
        return []
    assert isinstance(answers, RedisAnswers)
    store = answers._store  # noqa: SLF001 - no other way opens the circuits without a dead server
    return list(store._nodes.values()) if isinstance(store, Cluster) else [store]  # type: ignore[list-item] # noqa: SLF001
