"""Procedure 4: indexes and stored columns removed from under a running service, and made again."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from bench.corpus import tune
from tests.rollback.operator import Operator
from tests.rollback.traffic import traffic
from tests.service.running import Databases

Operate = Callable[..., Awaitable[Operator]]
UNTUNED_RATE = 20.0
"""What the old handlers hold without any index on a busy machine; more would shed load, whatever the procedure."""


async def indexes(dsn: str) -> set[str]:
    """The valid indexes of the documents and their logs."""
    connection = await asyncpg.connect(dsn)
    found = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name FROM pg_index"
        " WHERE indisvalid AND NOT indisprimary AND indrelid IN ('documents'::regclass, 'search_logs'::regclass)"
    )
    await connection.close()
    return {row["name"] for row in found}


@pytest.mark.slow
@pytest.mark.parametrize("api", ["v1", "legacy"])
async def test_indexes_and_columns_go_and_come_back_under_load(
    api: str, databases: Databases, own_copy: str, operate: Operate
) -> None:
    """The plain indexes at any time, the columns after their flag; on the way back the columns first. None fails."""
    operator = await operate(database_url=own_copy, redis_url=databases.redis_url, cache="false", api=api)
    before = await indexes(own_copy)
    async with traffic(operator.url, rate=UNTUNED_RATE) as seen:
        await seen.until(30)
        await tune(own_copy, ["indexes"], direction="revert")
        await seen.until(30)
        await operator.roll(indexes="false", fulltext="false")
        await tune(own_copy, ["fulltext"], direction="revert")
        assert await indexes(own_copy) == set()
        await seen.until(30)
        await tune(own_copy, ["indexes", "fulltext"])
        await seen.until(30)
        await operator.roll(indexes="true", fulltext="true")
        await seen.until(30)
    assert await indexes(own_copy) == before != set()
    assert seen.failed == 0, (seen.outcomes, [answer.text for answer in seen.failures[:3]], operator.said)


async def test_columns_that_go_before_their_flag_fail_requests(
    databases: Databases, own_copy: str, operate: Operate
) -> None:
    """The service that still reads them answers 500, in the envelope; it lives on, and so it is undone."""
    operator = await operate(database_url=own_copy, redis_url=databases.redis_url, cache="false", log_level="error")
    async with traffic(operator.url) as seen:
        await seen.until(20)
        assert seen.failed == 0
        await tune(own_copy, ["fulltext"], direction="revert")
        await seen.until(20)
    assert seen.outcomes["status 500"] == seen.failed > 0
    assert {answer.json()["error"]["code"] for answer in seen.failures} == {"INTERNAL_ERROR"}
    await operator.roll(fulltext="false")
    async with traffic(operator.url) as after:
        await after.until(20)
    assert after.failed == 0


async def test_an_index_dropped_without_concurrently_fails_requests(
    databases: Databases, own_copy: str, operate: Operate
) -> None:
    """A plain DROP INDEX locks the table until its transaction ends: who waits for it runs into the deadlines."""
    limits = {"command_timeout_s": "0.5", "acquire_timeout_s": "0.5", "acquire_queue": "100"}
    operator = await operate(database_url=own_copy, redis_url=databases.redis_url, cache="false", **limits)
    async with traffic(operator.url) as seen:
        await seen.until(20)
        before = seen.failed  # with deadlines as short as these a stall of the machine may cost some, too
        async with locked(own_copy):
            await seen.until(60)
        during = seen.failed - before
        await seen.until(50)
    assert during > 20
    assert seen.outcomes["status 503"] == seen.failed


@asynccontextmanager
async def locked(dsn: str) -> AsyncIterator[None]:
    """While somebody drops an index in a transaction that takes its time; the index stays in the end."""
    connection = await asyncpg.connect(dsn)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("DROP INDEX documents_created_at")
    yield
    await transaction.rollback()
    await connection.close()
