from urllib.parse import urlsplit

import pytest

from bench.faults.wire import Wire
from bench.provision.redis_cluster import RedisCluster
from service.errors import ConfigurationError
from tests.service.running import ON, Databases, parts, running


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


async def test_the_service_goes_on_without_a_node_of_the_cluster(
    databases: Databases, own_cluster: RedisCluster
) -> None:
    """A node is killed: every answer is the same as before, some still come from the others, and readiness stays."""
    tuned = databases.settings(ON, redis_mode="cluster", redis_url=own_cluster.urls[0])
    asked = [{"q": "event", "workspace": "team-1", "limit": str(limit)} for limit in range(1, 31)]
    async with running(tuned) as service:
        before = [await service.get("/search", **one) for one in asked]
        own_cluster.kill(1)
        after = [await service.get("/search", **one) for one in asked]
        ready = await service.client.get("/health/ready")
    assert {answer.status_code for answer in after} == {200}
    assert [answer.content for answer in after] == [answer.content for answer in before]
    computed = [parts(answer)["db"] > 0 for answer in after]
    assert 0 < sum(computed) < len(asked)
    assert (ready.status_code, ready.json()["dependencies"]["cache"]) == (200, "unhealthy")


@pytest.mark.parametrize("mode", ["single", "cluster"])
async def test_a_redis_of_the_other_mode_prevents_the_start(
    mode: str, databases: Databases, shared_cluster: RedisCluster, fresh_redis: str
) -> None:
    """Keys that are refused for ever would look like a cache that remembers little; the sentence names the setting."""
    url = shared_cluster.urls[0] if mode == "single" else fresh_redis.rpartition("/")[0]
    with pytest.raises(ConfigurationError, match="DOCAICHE_REDIS_MODE") as refused:
        async with running(databases.settings(ON, redis_mode=mode, redis_url=url)):
            pass
    assert str(urlsplit(url).password) not in str(refused.value)
