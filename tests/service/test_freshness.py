"""Remembered answers are as old as what they were made from, in every process."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest
import redis.asyncio
import stamina
from structlog.testing import capture_logs

from service.cache import RedisAnswers
from service.content import version
from tests.service.running import ON, Databases, Service, running
from tests.service.test_access import ADMIN, KEY
from tests.service.test_configuration import put
from tests.service.test_v1_errors import envelope

LIMIT_S = 10.0


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is so."""
    async for attempt in stamina.retry_context(on=AssertionError, attempts=None, timeout=LIMIT_S, wait_max=0.05):
        with attempt:
            assert await holds()


async def executed(url: str, sql: str) -> None:
    """Change the database past the service."""
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


async def total(service: Service) -> int:
    """How many documents a search finds."""
    found = (await service.get("/search", q="return", workspace="team-1")).json()
    return int(found["total"])


async def settled(service: Service) -> None:
    """Wait until Redis has what was computed."""
    answers = service.resources.answers
    assert isinstance(answers, RedisAnswers)
    await answers._flights.settle()


async def title(service: Service, identity: int) -> str | None:
    """A document's title, if there is such a document."""
    answer = await service.get(f"/content/{identity}")
    return str(answer.json()["title"]) if answer.status_code == 200 else None


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM documents WHERE workspace_id = 'team-1'",
        "UPDATE documents SET title = 'nothing', content = 'nothing' WHERE workspace_id = 'team-1'",
        "TRUNCATE documents CASCADE",
    ],
    ids=["deleted", "changed", "emptied"],
)
async def test_a_change_reaches_every_process(
    change: str, databases: Databases, own_copy: str, fresh_redis: str
) -> None:
    """Made past the service, by whoever: both processes, which share a cache, soon tell what is now."""
    settings = databases.settings(ON, database_url=own_copy, redis_url=fresh_redis)
    async with running(settings) as one, running(settings) as other:
        assert await total(one) == await total(other) > 0
        await executed(own_copy, change)
        for service in (one, other):

            async def is_true(service: Service = service) -> bool:
                return await total(service) == 0

            await until(is_true)


async def test_new_documents_are_found(databases: Databases, own_copy: str, fresh_redis: str) -> None:
    """That a document is not there is remembered, too, until one comes."""
    async with running(databases.settings(ON, database_url=own_copy, redis_url=fresh_redis)) as service:
        assert await title(service, 10**6) is None
        await executed(
            own_copy,
            "INSERT INTO documents (id, workspace_id, technology, title, content, source) "
            "VALUES (1000000, 'team-1', 'python', 'new', 'new', 'test')",
        )

        async def is_there() -> bool:
            return await title(service, 10**6) == "new"

        await until(is_there)


async def test_whoever_deletes_does_not_find_it_again(databases: Databases, own_copy: str, fresh_redis: str) -> None:
    """Not even in the next moment, in the process that deleted it."""
    settings = databases.settings(ON, database_url=own_copy, redis_url=fresh_redis, admin_key=KEY)
    async with running(settings) as service:
        for identity in range(1, 21):
            assert await title(service, identity) is not None
            path = f"{service.prefix}/content/{identity}"
            assert (await service.client.delete(path, headers=ADMIN)).status_code == 204
            assert await title(service, identity) is None


async def test_what_changes_nothing_keeps_the_answers(databases: Databases, own_copy: str) -> None:
    """The version stays when nothing is found to delete and when what is derived is stored; it moves with a title."""
    async with running(databases.settings({**ON, "cache": "off"}, database_url=own_copy)) as service:
        database = service.resources.database
        before = await version(database)
        await executed(own_copy, "DELETE FROM documents WHERE id = -1")
        await executed(own_copy, "ALTER TABLE documents ADD COLUMN derived text; UPDATE documents SET derived = 'x'")
        assert await version(database) == before
        await executed(own_copy, "UPDATE documents SET title = 'x' WHERE id = 1")
        assert await version(database) != before


async def test_the_time_to_live_is_changed_while_all_run(databases: Databases, own_copy: str, fresh_redis: str) -> None:
    """Written through one process, 0 makes both keep nothing; another value is kept for as long as it says."""
    settings = databases.settings(ON, database_url=own_copy, redis_url=fresh_redis, admin_key=KEY)
    async with running(settings) as one, running(settings) as other, redis.asyncio.Redis.from_url(fresh_redis) as kept:
        await total(other)
        await settled(other)
        assert await kept.dbsize() == 1
        assert (await put(one, "cache.ttl_s", {"value": "0"})).status_code == 200

        async def keeps_nothing() -> bool:
            await kept.flushdb()
            await total(one)
            await total(other)
            for service in (one, other):
                await settled(service)
            return await kept.dbsize() == 0

        await until(keeps_nothing)
        assert (await put(other, "cache.ttl_s", {"value": "1000"})).status_code == 200

        async def keeps_long() -> bool:
            await kept.flushdb()
            await total(one)
            await settled(one)
            return [await kept.ttl(key) for key in await kept.keys()] > [700]

        await until(keeps_long)


@pytest.mark.parametrize("value", ["soon", "-1", "3601", "nan", "inf", ""])
async def test_a_time_to_live_that_is_none_is_refused(value: str, databases: Databases, own_copy: str) -> None:
    """At once and in the envelope, before it is written."""
    async with running(databases.settings(ON, database_url=own_copy, admin_key=KEY)) as service:
        refused = await put(service, "cache.ttl_s", {"value": value})
        assert refused.status_code == 400
        assert "cache.ttl_s" in envelope(refused)["message"]
        assert (await service.get("/config", headers=ADMIN)).json() == {"entries": []}


async def test_what_was_written_past_the_api_and_means_nothing_is_told(databases: Databases, own_copy: str) -> None:
    """The service starts and serves with what was in force, and says so in its log."""
    await executed(own_copy, "INSERT INTO configuration (key, value, updated_by) VALUES ('cache.ttl_s', 'x', 'psql')")
    with capture_logs() as lines:
        async with running(databases.settings(ON, database_url=own_copy)) as service:
            assert await total(service) > 0

            async def is_told() -> bool:
                return any(line["event"] == "configuration not applied" for line in lines)

            await until(is_told)
