import re
from time import perf_counter
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from service.telemetry import ServerTiming, Timed
from tests.service.running import OFF, ON, Databases, parts, running

HEADER = re.compile(
    r"pool;dur=\d+\.\d{3,}, db;dur=\d+\.\d{3,}, cache;dur=\d+\.\d{3,}, encode;dur=\d+\.\d{3,}, "
    r'app;dur=\d+\.\d{3,}, began;desc="\d{10}\.\d{6}"'
)
WORK: dict[str, dict[str, Any]] = {
    "/search": {"q": "event", "workspace": "team-1"},
    "/stats": {"workspace": "team-1"},
    "/collections": {},
}


@pytest.mark.parametrize("knobs", [ON, OFF], ids=["v1", "legacy"])
async def test_every_answer_says_where_its_time_went(knobs: dict[str, str], databases: Databases) -> None:
    """Answers of every kind, errors included, carry all five parts, which never exceed the whole."""
    async with running(databases.settings(knobs)) as service:
        for path in (*WORK, "/search?q=", "/health", "/nothing", "/../health/live", "/../identity"):
            began = perf_counter()
            response = await service.get(path, **WORK.get(path, {}))
            total_ms = (perf_counter() - began) * 1e3
            assert HEADER.fullmatch(response.headers["server-timing"])
            # Each of the five is rounded to 0.1 microseconds.
            assert sum(parts(response).values()) <= total_ms + 0.001


@pytest.mark.parametrize("path", WORK)
@pytest.mark.parametrize("knobs", [ON, OFF], ids=["v1", "legacy"])
async def test_work_is_told_in_its_part(
    path: str, knobs: dict[str, str], databases: Databases, fresh_redis: str
) -> None:
    """Queries count as db and checkouts as pool; Redis counts as cache, and only where there is one."""
    async with running(databases.settings(knobs, redis_url=fresh_redis)) as service:
        told = parts(await service.get(path, **WORK[path]))
    assert told["db"] > 0
    assert told["pool"] > 0
    assert told["encode"] > 0
    assert (told["cache"] > 0) == (knobs["cache"] == "on")


@pytest.mark.parametrize("knobs", [ON, OFF], ids=["v1", "legacy"])
async def test_what_is_not_done_is_not_told(knobs: dict[str, str], databases: Databases) -> None:
    """Liveness asks nobody: its time is the application's alone."""
    async with running(databases.settings(knobs)) as service:
        told = parts(await service.client.get("/health/live"))
    assert (told["pool"], told["db"], told["cache"], told["encode"]) == (0, 0, 0, 0)
    assert told["app"] > 0


async def test_parts_add_up_and_requests_do_not_mix() -> None:
    """Blocks of one part are summed; two requests at a time keep their own sums."""
    import asyncio

    both_inside = asyncio.Barrier(2)

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        for _ in range(scope["blocks"]):
            with Timed("db"):
                pass
        await both_inside.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})

    async def headers(blocks: int) -> list[tuple[bytes, bytes]]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            raise AssertionError

        await ServerTiming(app)({"type": "http", "blocks": blocks}, receive, send)
        return list(sent[0]["headers"])

    none, many = await asyncio.gather(headers(0), headers(1000))
    assert none[0] == (b"a", b"b")
    assert b"db;dur=0.0000," in none[1][1]
    assert b"db;dur=0.0000," not in many[1][1]


def test_outside_a_request_time_is_dropped() -> None:
    """What runs at start belongs to no request and disturbs none."""
    with Timed("db"):
        pass
