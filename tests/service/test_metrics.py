"""What Prometheus reads."""

from prometheus_client.parser import text_string_to_metric_families

from tests.service.running import OFF, ON, Databases, Service, running
from tests.service.test_v1_errors import GOOD

Labels = tuple[tuple[str, str], ...]


async def samples(service: Service) -> dict[tuple[str, Labels], float]:
    """Every sample of the page, by name and labels."""
    answer = await service.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def counted(route: str, status: str) -> tuple[str, Labels]:
    """The name and labels under which GET requests are counted."""
    labels = {"http_request_method": "GET", "http_route": route, "http_response_status_code": status}
    return "http_server_request_duration_seconds_count", tuple(sorted(labels.items()))


async def test_requests_are_counted_by_route_and_status(databases: Databases) -> None:
    """Good and bad ones; a path with an id counts under its template, paths that do not exist under one label."""
    async with running(databases.settings({**ON, "cache": "off"})) as service:
        for _ in range(3):
            await service.get("/search", **GOOD)
        await service.get("/search")
        await service.get("/content/1")
        await service.get("/content/2")
        await service.get("/no/such/path")
        await service.get("/nor/this")
        await service.client.request("BREW", "/api/v1/search")
        seen = await samples(service)
    assert seen[counted("/api/v1/search", "200")] == 3
    assert seen[counted("/api/v1/search", "400")] == 1
    assert seen[counted("/api/v1/content/{document_id}", "200")] == 2
    assert seen[counted("unmatched", "404")] == 2
    assert any(dict(labels).get("http_request_method") == "_OTHER" for _, labels in seen)
    assert not any("BREW" in dict(labels).values() for _, labels in seen)
    # The page itself is under way while it is written.
    assert seen["http_server_active_requests", ()] == 1


async def test_the_old_api_is_measured_too(databases: Databases) -> None:
    """The same instrument around both."""
    async with running(databases.settings(OFF)) as service:
        await service.get("/stats", workspace="team-1")
        assert (await samples(service))[counted("/api/stats", "200")] == 1


async def test_breakers_are_on_the_page(databases: Databases, fresh_redis: str) -> None:
    """Each by its name, closed while all is well."""
    async with running(databases.settings(ON, redis_url=fresh_redis, rate_limit="10/minute")) as service:
        seen = await samples(service)
    place = fresh_redis.rpartition("@")[2].partition("/")[0]
    for name in (f"redis {place}", f"rate-limits {place}"):
        assert seen["circuitbreaker_state", (("name", name), ("state", "closed"))] == 1
        assert seen["circuitbreaker_state", (("name", name), ("state", "open"))] == 0
    # Weaviate is not there, so nothing stands before it.
    assert not any(("name", "weaviate") in labels for _, labels in seen)


async def test_the_pool_is_on_the_page(databases: Databases) -> None:
    """What its size is, and what it was used for."""
    async with running(databases.settings({**ON, "cache": "off"}, pool_size=3)) as service:
        await service.get("/search", **GOOD)
        seen = await samples(service)
    pool = (("db_client_connection_pool_name", "main"),)
    assert seen["db_client_connection_max", pool] == 3
    assert seen["db_client_connection_use_time_seconds_count", pool] > 0
    assert seen["db_client_connection_busy_seconds_total", pool] > 0


async def test_two_services_in_one_process_do_not_mix(databases: Databases) -> None:
    """Each application has a registry of its own."""
    async with running(databases.settings(ON)) as one, running(databases.settings(ON)) as other:
        await one.get("/stats", workspace="team-1")
        assert counted("/api/v1/stats", "200") in await samples(one)
        assert counted("/api/v1/stats", "200") not in await samples(other)
