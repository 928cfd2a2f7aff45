"""A dependency dies under load and comes back: every request has an answer, and nobody restarts the service."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from bench.lifetime import Custody
from bench.provision import Servers
from bench.subject import Running, reference, start
from tests.outage.conftest import KillablePostgres, KillableRedis
from tests.outage.storm import ANSWERED, REFUSED, Answer, Storm, judged, storm
from tests.rollback.traffic import WORDS
from tests.service.running import ON

PATHS = [f"/api/v1/search?q={quote(words)}&workspace=team-{team}" for words in WORDS for team in (1, 2)]
RATE = 350.0
KNOBS = {**ON, "cache": "off"}
PATIENT = {"acquire_queue": "100000", "acquire_timeout_s": "15", "cache_deadline_s": "5"}
"""After a stall of the machine hundreds of requests come at once: they wait. Only a server that is away is refused."""


@asynccontextmanager
async def under_storm(running: Running, *, total: int) -> AsyncIterator[Storm]:
    """Search while the block runs."""
    at = urlsplit(running.base_url)
    async with storm(str(at.hostname), int(at.port or 0), PATHS, total=total, rate=RATE) as seen:
        yield seen


async def serve(
    custody: Custody, folder: Path, knobs: Mapping[str, str], *, database_url: str, redis_url: str
) -> Running:
    """The service as a process of its own."""
    command = reference("service", knobs, database_url=database_url, redis_url=redis_url, fields=PATIENT)
    return await start(command, custody, folder)


async def told(running: Running, path: str) -> dict[str, Any]:
    """What the service says of itself."""
    async with httpx.AsyncClient(base_url=running.base_url, trust_env=False) as client:
        said: dict[str, Any] = (await client.get(path)).json()
        return said


@pytest.mark.slow
async def test_postgresql_is_killed_and_comes_back(
    own_postgres: KillablePostgres, servers: Servers, custody: Custody, tmp_path: Path
) -> None:
    """10,000 searches: while it is away each is a 503 in the envelope with Retry-After, none hangs, then all answer.

    The same process serves before, meanwhile and after; its pool has as many connections as before.
    """
    running = await serve(custody, tmp_path, KNOBS, database_url=own_postgres.url, redis_url=servers.redis_database(0))
    async with under_storm(running, total=10_000) as seen:
        await seen.until(2000)
        await own_postgres.kill()
        killed = len(seen.outcomes)
        await seen.until(killed + 2500)
        await own_postgres.start()
        back = len(seen.outcomes)
    assert (await told(running, "/identity"))["pid"] == running.pid
    assert set(seen.counted()) == {ANSWERED, REFUSED}, seen.counted()
    assert seen.counted(0, 1500) == {ANSWERED: 1500}
    assert seen.counted()[REFUSED] >= 2000
    # A second of requests may have come before the pool heard of it.
    assert set(seen.counted(back + 1000)) == {ANSWERED}, (back, seen.counted(back + 1000))
    assert "Traceback" not in running.log.read_text()


@pytest.mark.slow
async def test_redis_is_killed_and_comes_back(
    own_postgres: KillablePostgres, own_redis: KillableRedis, custody: Custody, tmp_path: Path
) -> None:
    """Without the cache every search is still answered; with it back, it is used again."""
    running = await serve(custody, tmp_path, ON, database_url=own_postgres.url, redis_url=own_redis.url)
    async with under_storm(running, total=5000) as seen:
        await seen.until(1000)
        assert (await told(running, "/health/ready"))["dependencies"]["cache"] == "healthy"
        await own_redis.kill()
        assert (await told(running, "/health/ready"))["dependencies"]["cache"] == "unhealthy"
        await seen.until(len(seen.outcomes) + 1500)
        await own_redis.start()
    assert seen.counted() == {ANSWERED: 5000}
    assert await told(running, "/health/ready") == {
        "status": "ready",
        "dependencies": {"database": "healthy", "cache": "healthy"},
    }


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503, {}, b'{"error": {"code": "SERVICE_UNAVAILABLE"}}'),
        Answer(503, {"retry-after": "1"}, b"Service Unavailable"),
        Answer(500, {"retry-after": "1"}, b'{"error": {"code": "INTERNAL_ERROR"}}'),
        Answer(200, {}, b'{"results": []}'),
    ],
    ids=["no advice", "no envelope", "another error", "another shape"],
)
def test_the_check_takes_nothing_else_for_a_refusal(answer: Answer) -> None:
    """A 503 without Retry-After or envelope, another error and an answer of another shape are told apart."""
    assert judged(answer) not in {ANSWERED, REFUSED}
