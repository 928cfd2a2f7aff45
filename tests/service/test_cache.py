import asyncio
from collections.abc import AsyncIterator

import pytest
import redis.asyncio

from service.cache import RedisAnswers
from service.settings import Settings, load
from tests.service.running import ON, Databases, parts, running
from tests.service.wire import Wire
from tests.service.work import Work

LIMIT_S = 20.0
"""Tests of what must not hang fail after this long; nothing is concluded from shorter times."""


def settings(redis_url: str, **values: float) -> Settings:
    """Settings with a deadline that only a Redis that does not answer can miss."""
    return load(database_url="postgresql://unused/unused", redis_url=redis_url, **{"cache_deadline_s": 5.0, **values})


@pytest.fixture
async def answers(fresh_redis: str) -> AsyncIterator[RedisAnswers]:
    """Remembers in an empty Redis."""
    remembering = RedisAnswers(settings(fresh_redis), "corpus")
    yield remembering
    await remembering.close()


@pytest.fixture
async def wire(fresh_redis: str) -> AsyncIterator[Wire]:
    """A wire to an empty Redis."""
    async with Wire(fresh_redis) as opened:
        yield opened


async def test_a_miss_computes_and_a_hit_does_not(answers: RedisAnswers) -> None:
    """The second who asks the same gets what the first computed."""
    work = Work.ready()
    assert [await answers.get_or_compute("search", {"q": "a"}, work) for _ in range(3)] == [b"answer"] * 3
    assert work.times == 1


@pytest.mark.parametrize(
    ("operation", "request_", "version"),
    [("stats", {"q": "a"}, "corpus"), ("search", {"q": "b"}, "corpus"), ("search", {"q": "a"}, "another corpus")],
    ids=["operation", "request", "corpus"],
)
async def test_what_differs_is_not_mixed_up(
    operation: str, request_: dict[str, object], version: str, answers: RedisAnswers, fresh_redis: str
) -> None:
    """Another operation, another request and another corpus are each another key."""
    await answers.get_or_compute("search", {"q": "a"}, Work.ready(b"first"))
    other = RedisAnswers(settings(fresh_redis), version)
    assert await other.get_or_compute(operation, request_, Work.ready(b"second")) == b"second"
    await other.close()


async def test_keys_live_for_a_while_and_not_all_equally_long(answers: RedisAnswers, fresh_redis: str) -> None:
    """Every key expires within its time to live, and keys filled together do not expire together."""
    for number in range(40):
        await answers.get_or_compute("search", {"q": number}, Work.ready())
    async with redis.asyncio.Redis.from_url(fresh_redis) as client:
        expiries = [await client.pexpiretime(key) for key in await client.keys()]
        now_s, microseconds = await client.time()
    remaining = [(expiry / 1000) - now_s - microseconds / 1e6 for expiry in expiries]
    assert len(expiries) == 40
    assert all(0 < seconds <= 30 for seconds in remaining)
    assert max(expiries) - min(expiries) > 1000


async def test_a_failure_is_not_remembered(answers: RedisAnswers) -> None:
    """Who asks after a computation failed computes anew."""
    with pytest.raises(ValueError, match="no"):
        await answers.get_or_compute("search", {}, Work.failing(ValueError("no")))
    assert await answers.get_or_compute("search", {}, Work.ready(b"later")) == b"later"


async def test_a_dead_redis_is_a_miss_and_is_left_alone_for_a_while(wire: Wire) -> None:
    """Without Redis every answer is computed; after the first failure nobody knocks for a second."""
    answers = RedisAnswers(settings(wire.url), "corpus")
    await wire.cut()
    work = Work.ready()
    assert await answers.get_or_compute("search", {}, work) == b"answer"
    assert not await answers.healthy()
    await wire.mend()
    knocks = wire.accepted
    for _ in range(10):
        await answers.get_or_compute("search", {}, work)
    assert wire.accepted == knocks
    assert work.times == 11
    answers._avoid_until = 0.0  # the second is over
    await answers.get_or_compute("search", {}, work)
    await answers.get_or_compute("search", {}, work)
    assert work.times == 12
    assert await answers.healthy()
    await answers.close()


async def test_a_silent_redis_costs_its_deadline_once(wire: Wire) -> None:
    """A Redis that accepts and never answers does not hold a request up for ever."""
    answers = RedisAnswers(settings(wire.url, cache_deadline_s=0.05), "corpus")
    wire.mode = "silent"
    work = Work.ready()
    async with asyncio.timeout(LIMIT_S):
        for _ in range(10):
            assert await answers.get_or_compute("search", {}, work) == b"answer"
        assert not await answers.healthy()
    assert work.times == 10
    await answers.close()


async def test_replies_are_never_crossed_after_a_deadline(wire: Wire) -> None:
    """A command given up half-way must not leave its reply for the next: each key answers its own."""
    answers = RedisAnswers(settings(wire.url), "corpus")
    for name in ("a", "b"):
        await answers.get_or_compute("search", {"q": name}, Work.ready(name.encode()))
    answers._deadline_s = 0.001
    for _ in range(20):
        answers._avoid_until = 0.0
        await answers.get_or_compute("search", {"q": "a"}, Work.ready(b"a"))
    answers._deadline_s = 5.0
    answers._avoid_until = 0.0
    never = Work.failing(AssertionError("not from the cache"))
    for name in ("b", "a", "b"):
        assert await answers.get_or_compute("search", {"q": name}, never) == name.encode()
    await answers.close()


async def test_a_second_request_does_not_reach_the_database(databases: Databases, fresh_redis: str) -> None:
    """Over HTTP: the same bytes, no database time; spacing and the way of asking make no difference."""
    async with running(databases.settings(ON, redis_url=fresh_redis)) as service:
        first = await service.get("/search", q="event  loop", workspace="team-1")
        second = await service.post("/search", {"q": " event loop ", "workspace": "team-1"})
        other = await service.get("/search", q="event loop", workspace="team-2")
    assert first.content == second.content != other.content
    assert parts(first)["db"] > parts(second)["db"] == 0
    assert parts(second)["pool"] == 0


async def test_errors_are_not_remembered(databases: Databases, fresh_redis: str) -> None:
    """While the database is away the answer is an error; afterwards it is the right one at once."""
    tuned = databases.settings(ON, redis_url=fresh_redis)
    async with Wire(tuned.database_url.get_secret_value()) as wire:
        settings = databases.settings(ON, redis_url=fresh_redis, database_url=wire.url)
        async with running(settings) as service:
            await wire.cut()
            assert (await service.get("/collections")).status_code == 503
            await wire.mend()
            assert (await service.get("/collections")).status_code == 200


@pytest.mark.parametrize("api", ["on", "off"], ids=["v1", "legacy"])
async def test_the_service_lives_without_redis(api: str, databases: Databases, wire: Wire) -> None:
    """A dead Redis changes no answer; readiness stays, and tells that the cache is away."""
    await wire.cut()
    async with running(databases.settings({**ON, "api": api}, redis_url=wire.url)) as service:
        assert (await service.get("/search", q="event", workspace="team-1")).status_code == 200
        ready = await service.client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "dependencies": {"database": "healthy", "cache": "unhealthy"}}
