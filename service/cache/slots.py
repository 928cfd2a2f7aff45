"""Which node of a Redis Cluster owns which slots, as one of its nodes tells."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

Owned = tuple[range, str]
"""Slots, and the URL of the primary that owns them."""


async def read(url: str) -> list[Owned]:
    """Ask the node at `url`; whoever is named is reached by the same password and the same options.

    Raises what redis-py raises: ResponseError where there is no cluster.
    """
    async with redis.asyncio.Redis.from_url(url, retry=Retry(NoBackoff(), 0)) as client:
        return list(_owned(await client.cluster("SLOTS"), url))


def _owned(reply: Any, url: str) -> Iterator[Owned]:
    for first, last, (host, port, *_), *_replicas in reply:
        yield range(first, last + 1), _elsewhere(url, host.decode() if host else "", port)


def _elsewhere(url: str, host: str, port: int) -> str:
    """The same URL at another node. One that does not know its own address gives none: it is the one that was asked."""
    parts = urlsplit(url)
    user, at, _ = parts.netloc.rpartition("@")
    host = host or parts.hostname or "localhost"
    named = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=f"{user}{at}{named}:{port}").geturl()
