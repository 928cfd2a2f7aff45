"""Requests counted by a Redis Cluster, in the way in which answers are kept there."""

import time
from collections import defaultdict
from collections.abc import Callable

import pytest

from bench.provision.redis_cluster import RedisCluster
from service.access import RateLimits
from service.errors import ConfigurationError, LimitUnknownError
from service.resilience import CircuitState
from tests.service.cache.kept import settings
from tests.service.resilience.fake_clock import FakeClock
from tests.service.running import ON, Databases, running
from tests.service.test_v1_errors import GOOD

CALLERS = [f"key:{number}" for number in range(40)]


def counting(
    cluster: RedisCluster, rule: str, clock: Callable[[], float] = time.monotonic, **values: object
) -> RateLimits:
    """Limits counted by a cluster of which one node is named."""
    return RateLimits(settings(cluster.urls[0], redis_mode="cluster", rate_limit=rule, **values), rule, clock=clock)


async def test_requests_are_counted_from_the_first_on(databases: Databases, own_cluster: RedisCluster) -> None:
    """With the deadline that is the default, on a cluster that nobody has asked anything yet."""
    tuned = databases.settings(
        {**ON, "cache": "off"}, redis_mode="cluster", redis_url=own_cluster.urls[0], rate_limit="3/hour"
    )
    async with running(tuned) as service:
        answers = [await service.get("/search", **GOOD) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["ratelimit"].startswith('"default";r=2;')


async def test_processes_count_together_wherever_the_keys_are(shared_cluster: RedisCluster) -> None:
    """Each caller's requests meet at one node, the callers spread over all three, and every limit holds."""
    # What the breakers remember ends with their window, so time stands still.
    one, other = (counting(shared_cluster, "3/hour", FakeClock()) for _ in range(2))
    for limits in (one, other):
        await limits.open()
    for who in CALLERS:
        standings = [await limits.count(who) for limits in (one, other, one, other)]
        assert [standing and standing.allowed for standing in standings] == [True, True, True, False]
    counts = [breaker.snapshot().calls for breaker in one.breakers() if not breaker.name.endswith(" cluster")]
    assert len(counts) == 3
    assert min(counts) > 0
    for limits in (one, other):
        await limits.close()


@pytest.mark.parametrize("unknown", ["allow", "refuse"])
async def test_a_node_that_is_killed_costs_its_own_callers_alone(unknown: str, own_cluster: RedisCluster) -> None:
    """Theirs cannot be counted and it is as the setting says; all others are counted as before."""
    limits = counting(own_cluster, "100/hour", rate_limit_unknown=unknown)
    await limits.open()
    for who in CALLERS:
        assert await limits.count(who) is not None
    own_cluster.kill(1)
    counted: defaultdict[bool, int] = defaultdict(int)
    for who in CALLERS:
        try:
            counted[await limits.count(who) is not None] += 1
        except LimitUnknownError:
            assert unknown == "refuse"
            counted[False] += 1
    assert min(counted[True], counted[False]) > 0
    states = [breaker.state for breaker in limits.breakers()]
    assert (states.count(CircuitState.OPEN), states.count(CircuitState.CLOSED)) == (1, 3)
    await limits.close()


async def test_a_redis_of_the_other_mode_prevents_the_start(fresh_redis: str) -> None:
    """A limit that is never counted would look like one that nobody reaches."""
    limits = RateLimits(settings(fresh_redis.rpartition("/")[0], redis_mode="cluster"), "3/hour")
    with pytest.raises(ConfigurationError, match="DOCAICHE_REDIS_MODE"):
        await limits.open()
    await limits.close()
