"""Ask servers whether they answer, and what they are."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bench.errors import ProvisionError

POLL_S = 0.02
CONNECT_S = 5.0
NOT_YET = (OSError, asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, TimeoutError)
"""What connecting to a server raises that is still on its way up."""


async def postgres_version(dsn: str) -> str:
    """Run a query and answer the server's version, such as `18.6`. Raises what asyncpg raises."""
    connection = await asyncpg.connect(dsn, timeout=CONNECT_S)
    try:
        version: str = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    return version.split(maxsplit=1)[0]


async def redis_version(url: str) -> str:
    """Ping and answer the server's name and version, such as `valkey 9.1.2`. Raises what redis-py raises."""
    async with Redis.from_url(url, socket_connect_timeout=CONNECT_S, socket_timeout=CONNECT_S) as client:
        info = await client.info("server")
    if info.get("server_name") == "valkey":
        return f"valkey {info['valkey_version']}"
    return f"redis {info['redis_version']}"


async def patiently(
    ask: Callable[[], Awaitable[str]], check: Callable[[], Awaitable[None]], *, what: str, limit_s: float
) -> str:
    """Ask again until there is an answer; `check` may raise because there will never be one.

    Raises ProvisionError when `limit_s` is over.
    """
    deadline = time.monotonic() + limit_s
    while True:
        try:
            return await ask()
        except (*NOT_YET, RedisError) as error:
            await check()
            if time.monotonic() > deadline:
                raise ProvisionError(
                    f"{what} did not answer within {limit_s:.0f} s ({error}); is the machine overloaded?"
                ) from error
            await asyncio.sleep(POLL_S)


def place(url: str) -> str:
    """Host and port of a URL, for messages: never the password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or {'redis': 6379, 'rediss': 6379}.get(parts.scheme, 5432)}"
