"""Procedure 3: the pool back to its basic preset, and forth again."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bench.lifetime import Custody
from tests.rollback.operator import Operator
from tests.rollback.test_api import knob
from tests.rollback.traffic import traffic
from tests.service.running import Databases

Operate = Callable[..., Awaitable[Operator]]


def addresses(databases: Databases) -> dict[str, str]:
    """The tuned database; every request borrows a connection, since nothing comes from the cache."""
    tuned = databases.by_tunings["indexes", "fulltext"]
    return {"database_url": tuned, "redis_url": databases.redis_url, "cache": "false"}


@pytest.mark.slow
async def test_the_pool_goes_back_to_basic_and_forth_under_load(databases: Databases, operate: Operate) -> None:
    """The basic pool with its full reset serves what the tuned one did; no request fails."""
    operator = await operate(**addresses(databases))
    async with traffic(operator.url) as seen:
        await seen.until(50)
        await operator.roll(pool="basic", reset="full")
        assert [await knob(operator, name) for name in ("pool", "reset")] == ["off", "off"]
        await seen.until(50)
        await operator.roll(pool="tuned", reset="dirty")
        assert [await knob(operator, name) for name in ("pool", "reset")] == ["on", "on"]
        await seen.until(50)
    assert seen.failed == 0, seen.outcomes


@pytest.mark.slow
async def test_stopping_first_and_starting_then_fails_requests(
    databases: Databases, custody: Custody, tmp_path: Path
) -> None:
    """The same change by a restart, the socket closed in between: whoever comes meanwhile is refused."""
    former = Operator(custody, tmp_path, addresses(databases))
    async with former, traffic(former.url) as seen:
        await seen.until(50)
        await former.end()
        async with Operator(custody, tmp_path, {**former.settings, "pool": "basic", "reset": "full"}):
            await seen.until(50)
            assert seen.outcomes["ConnectError"] > 0
