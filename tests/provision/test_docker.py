"""Servers in containers: usable, on loopback only, with a password."""

import subprocess
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError

from bench.errors import ProvisionError
from bench.lifetime import Custody
from bench.provision import Servers, start

pytestmark = [pytest.mark.servers, pytest.mark.docker]


async def _fetch(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def bindings(token: str) -> Iterator[str]:
    """Host addresses on which the lab's containers publish a port."""
    listing = ["docker", "ps", "--filter", f"label=perflab.lease={token}", "--format", "{{.Ports}}"]
    for line in subprocess.run(listing, capture_output=True, text=True, check=True).stdout.splitlines():
        for part in line.split(", "):
            if "->" in part:
                yield part.rpartition("->")[0].rpartition(":")[0]


async def test_containers_serve_and_keep_to_themselves(custody: Custody) -> None:
    """Both servers answer on loopback alone, want their passwords, have the settings, and survive a restart."""
    async with start("docker", custody, settings={"work_mem": "32MB"}) as servers:
        assert set(bindings(custody._lease.token)) == {"127.0.0.1"}
        await _postgres_serves(servers)
        await _redis_serves(servers)
        assert not await servers.postgres.snapshot(custody.directory("perflab-test-") / "snapshot")
    assert list(bindings(custody._lease.token)) == []


async def _postgres_serves(servers: Servers) -> None:
    dsn = await servers.postgres.create_database("content")
    await _fetch(dsn, "CREATE TABLE t AS SELECT 7 AS n")
    await _fetch(dsn, "CREATE EXTENSION pg_stat_statements")
    assert await _fetch(dsn, "SHOW work_mem") == "32MB"
    parts = urlsplit(dsn)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await _fetch(parts._replace(netloc=f"postgres:wrong@{parts.hostname}:{parts.port}").geturl(), "SELECT 1")
    await servers.postgres.restart()
    assert await _fetch(servers.postgres.dsn("content"), "SELECT n FROM t") == 7


async def _redis_serves(servers: Servers) -> None:
    async with Redis.from_url(servers.redis_database(1)) as client:
        await client.set("key", "value")
        assert await client.get("key") == b"value"
    parts = urlsplit(servers.redis_url)
    async with Redis.from_url(f"redis://{parts.hostname}:{parts.port}") as client:
        with pytest.raises(AuthenticationError):
            await client.ping()


async def test_a_setting_that_postgres_refuses_is_said_in_its_words(custody: Custody) -> None:
    """A container that ends at once is a ProvisionError with the server's own message."""
    with pytest.raises(ProvisionError, match="no_such_setting"):
        async with start("docker", custody, settings={"no_such_setting": "1"}):
            pass
    assert list(bindings(custody._lease.token)) == []
