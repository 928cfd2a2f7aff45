"""Procedure 2: migrations down and up again while the service runs."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.rollback.operator import Operator
from tests.rollback.traffic import LIMIT_S, traffic
from tests.service.running import Databases
from tests.service.test_v1_errors import envelope

Operate = Callable[..., Awaitable[Operator]]
OPERATOR_KEY = "an-operator-s-key-of-thirty-two-or-more"
FEEDBACK = {"document_id": 1, "rating": 4}


async def migrate(dsn: str, *words: str) -> list[str]:
    """Run the command; the state of every migration after it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service.migrate", *words),
        env={**os.environ, "DOCAICHE_DATABASE_URL": dsn},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return [line.split()[0] for line in said.decode().splitlines()]


def settings(databases: Databases, dsn: str) -> dict[str, str]:
    """On a database of the test's own; nothing comes from the cache."""
    return {
        "database_url": dsn,
        "redis_url": databases.redis_url,
        "cache": "false",
        "admin_key": OPERATOR_KEY,
        "log_level": "error",
    }


@pytest.mark.slow
async def test_searches_go_on_without_what_they_do_not_read(
    databases: Databases, own_copy: str, operate: Operate
) -> None:
    """Down to the documents alone and up again: no search fails, and a new process can be started in between."""
    operator = await operate(**settings(databases, own_copy))
    served_by = operator.serving
    async with traffic(operator.url) as seen, client_of(operator) as client:
        await seen.until(30)
        for count in range(1, 5):
            assert (await migrate(own_copy, "down", "1")).count("pending") == count
            await seen.until(10)
        for request in lacking(client):
            answer = await request
            assert (answer.status_code, envelope(answer)["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert (await client.get("/health/ready")).status_code == 200
        assert operator.serving == served_by
        await operator.roll(pool_size="4")
        await seen.until(10)
        assert await migrate(own_copy, "up") == ["applied"] * 5
        for request in lacking(client):
            assert (await request).status_code in {200, 201, 401}
        await seen.until(30)
    assert seen.failed == 0, (seen.outcomes, [answer.text for answer in seen.failures[:3]])


async def test_the_documents_themselves_cannot_go(databases: Databases, own_copy: str, operate: Operate) -> None:
    """One migration too many takes what searches read: they fail in the envelope, and the process lives on."""
    operator = await operate(**settings(databases, own_copy))
    async with traffic(operator.url) as seen, client_of(operator) as client:
        await seen.until(10)
        assert seen.failed == 0
        assert await migrate(own_copy, "down", "5") == ["pending"] * 5
        await seen.until(30)
        assert (await client.get("/health/live")).status_code == 200
    assert seen.outcomes["status 503"] == seen.failed > 0


def client_of(operator: Operator) -> httpx.AsyncClient:
    """A client of the service."""
    return httpx.AsyncClient(base_url=operator.url, trust_env=False, timeout=LIMIT_S)


def lacking(client: httpx.AsyncClient) -> list[Awaitable[Any]]:
    """Requests that each need a table of the migrations 0004, 0003 and 0002."""
    return [
        client.get("/api/v1/collections", headers={"X-API-Key": "of-somebody"}),
        client.get("/api/v1/config", headers={"X-API-Key": OPERATOR_KEY}),
        client.post("/api/v1/feedback", json=FEEDBACK),
    ]
