"""Clients that leave in the middle of a request."""

import asyncio
import json

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from tests.service.running import ON, Databases
from tests.service.test_websockets import served

KNOBS = {**ON, "cache": "off"}
DURATION = "http_server_request_duration_seconds_count"


async def sent(host: str, port: int, path: str, body: bytes, length: int) -> None:
    """A POST that announces so many bytes, sends these, and hangs up."""
    _, writer = await asyncio.open_connection(host, port)
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


def counted(registry: CollectorRegistry, route: str) -> dict[str, float]:
    """How many requests of a route ended with which status."""
    return {
        one.labels["http_response_status_code"]: one.value
        for family in registry.collect()
        for one in family.samples
        if one.name == DURATION and one.labels["http_route"] == route
    }


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_a_client_who_leaves_while_sending_is_no_failure_of_the_service(
    version: str, databases: Databases
) -> None:
    """Nothing is logged, and the request is not counted among the service's errors; the next is answered."""
    path = f"/api/{version}/search"
    body = json.dumps({"q": "event", "workspace": "team-1"}).encode()
    with capture_logs() as lines:
        async with served(databases.settings(KNOBS)) as (url, app):
            host, port = url.removeprefix("ws://").partition("/")[0].split(":")
            registry = app.state.resources.metrics
            await sent(host, int(port), path, body[:10], len(body))
            async with asyncio.timeout(30):
                while not counted(registry, path):  # noqa: ASYNC110 - nobody tells when a request is counted
                    await asyncio.sleep(0.01)
            assert counted(registry, path) == {"499": 1}
    assert lines == []
