"""How often a caller may ask."""

import re

import httpx
import pytest

from bench.faults.wire import Wire
from service.errors import ConfigurationError
from service.resilience import CircuitState
from tests.service.running import ON, Databases, Service, running
from tests.service.test_access import ADMIN, KEY
from tests.service.test_v1_errors import GOOD, envelope

KNOBS = {**ON, "cache": "off"}


async def several(service: Service, count: int, headers: dict[str, str] | None = None) -> list[httpx.Response]:
    """The same search, one after the other."""
    return [await service.get("/search", headers=headers, **GOOD) for _ in range(count)]


async def test_who_asks_too_often_has_to_wait(databases: Databases, fresh_redis: str) -> None:
    """The fourth of three is a 429 in the envelope that says for how long, and the headers count down."""
    async with running(databases.settings(KNOBS, redis_url=fresh_redis, rate_limit="3/hour")) as service:
        answers = await several(service, 4)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    left = [re.fullmatch(r'"default";r=(\d+);t=(\d+)', answer.headers["ratelimit"]) for answer in answers]
    assert [int(match[1]) for match in left if match] == [2, 1, 0, 0]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"default";q=3;w=3600'}
    assert envelope(answers[-1])["type"] == "RateLimitError"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 3600


async def test_each_caller_has_a_limit_of_its_own(databases: Databases, fresh_redis: str) -> None:
    """What the anonymous have used up is not taken from who shows a key."""
    settings = databases.settings(KNOBS, redis_url=fresh_redis, rate_limit="2/hour", admin_key=KEY)
    async with running(settings) as service:
        assert [answer.status_code for answer in await several(service, 3)] == [200, 200, 429]
        assert [answer.status_code for answer in await several(service, 3, ADMIN)] == [200, 200, 429]


async def test_all_processes_count_together(databases: Databases, fresh_redis: str) -> None:
    """Who is refused by one process is refused by the next."""
    settings = databases.settings(KNOBS, redis_url=fresh_redis, rate_limit="2/hour")
    async with running(settings) as one, running(settings) as other:
        codes = [answer.status_code for service in (one, other, one, other) for answer in await several(service, 1)]
    assert codes == [200, 200, 429, 429]


async def test_health_is_never_refused(databases: Databases, fresh_redis: str) -> None:
    """An orchestrator that asks often must not restart the service for it."""
    async with running(databases.settings(KNOBS, redis_url=fresh_redis, rate_limit="1/hour")) as service:
        await several(service, 2)
        assert (await service.get("/health")).status_code == 200
        assert (await service.client.get("/health/live")).status_code == 200


async def test_without_a_limit_nothing_is_counted(databases: Databases) -> None:
    """No headers, and no Redis needed."""
    async with running(databases.settings(KNOBS, redis_url="redis://127.0.0.1:1/0")) as service:
        (answer,) = await several(service, 1)
    assert answer.status_code == 200
    assert "ratelimit" not in answer.headers


@pytest.mark.parametrize(("unknown", "status"), [("allow", 200), ("refuse", 503)])
async def test_what_cannot_be_counted(unknown: str, status: int, databases: Databases, fresh_redis: str) -> None:
    """While Redis is gone the setting decides; it is soon not asked any more, and counts again when it is back."""
    async with Wire(fresh_redis) as wire:
        settings = databases.settings(
            KNOBS, redis_url=wire.url, rate_limit="100/hour", rate_limit_unknown=unknown, cache_deadline_s=5
        )
        async with running(settings) as service:
            await several(service, 1)
            await wire.cut()
            answers = await several(service, 6)
            assert {answer.status_code for answer in answers} == {status}
            if status == 503:
                assert envelope(answers[-1])["type"] == "ServiceUnavailableError"
                assert int(answers[-1].headers["retry-after"]) >= 1
            limits = service.resources.rate_limits
            assert limits is not None
            (breaker,) = limits.breakers()
            assert breaker.state is CircuitState.OPEN
            await wire.mend()
            breaker.transition_to(CircuitState.HALF_OPEN)
            assert (await several(service, 1))[0].headers["ratelimit"].startswith('"default";r=98')


@pytest.mark.parametrize("rule", ["many", "0/minute", "10/fortnight", "10", "10 per minute"])
def test_a_wrong_limit_prevents_the_start(rule: str, databases: Databases) -> None:
    """One sentence that names the setting."""
    with pytest.raises(ConfigurationError, match="DOCAICHE_RATE_LIMIT is wrong"):
        databases.settings(KNOBS, rate_limit=rule)
