"""A server that goes away while it is measured: what its client raises becomes a sentence and costs one experiment."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import httpx
from redis.exceptions import RedisError

from bench.errors import ProvisionError

GONE = (
    ConnectionError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    httpx.HTTPError,
    RedisError,
)
"""What the clients raise of servers that refuse, break off or end; asyncpg has no common base for them. Not every
OSError: a full disk is no server's doing."""


@contextmanager
def reached(what: str) -> Iterator[None]:
    """Within it such an error is raised as a ProvisionError that names `what` was going on."""
    try:
        yield
    except GONE as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise ProvisionError(
            f"{what}: a server that it needs did not answer as it should ({reason}); look at the servers' logs, then "
            "run it again."
        ) from error
