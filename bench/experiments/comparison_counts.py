"""What one request costs either arm of a comparison, counted and not timed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import httpx
from redis.asyncio import Redis

from bench.errors import SubjectError
from bench.experiments import requests
from bench.experiments.counters import FEWEST, LIMIT_S, PASSES, Counts, ServerCounts, first_of_each, server_counts
from bench.model import Role
from bench.provision import Servers

if TYPE_CHECKING:
    from bench.corpus import Operation

Ask = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
Asks = Mapping[str, Sequence[Ask]]
"""Requests by the name of their kind."""
Counted = dict[str, dict[str, list[Counts]]]


def of_paths(paths: Sequence[str]) -> Asks:
    """Each path some times."""

    def ask(path: str) -> Ask:
        async def get(client: httpx.AsyncClient) -> httpx.Response:
            try:
                answered = await client.get(path)
            except httpx.HTTPError as error:
                told = str(error) or type(error).__name__
                raise SubjectError(f"GET {path} of {client.base_url} was not answered: {told}.") from error
            if not answered.is_success:
                raise SubjectError(
                    f"GET {path} of {client.base_url} was answered with {answered.status_code}: {answered.text[:200]}"
                )
            return answered

        return get

    return {f"GET {path}": [ask(path)] * FEWEST for path in paths}


def of_operations(operations: "Sequence[Operation]", api: str) -> Asks:
    """The first recorded requests of every kind, to a reference service whose knob `api` is `on` or `off`."""

    def ask(operation: "Operation") -> Ask:
        return lambda client: requests.send(client, api, operation)

    return {kind: [ask(one) for one in several] for kind, several in first_of_each(operations, FEWEST).items()}


async def count(
    asks: Mapping[Role, Asks],
    base_urls: Mapping[Role, str],
    servers: Servers | None,
    databases: Mapping[Role, str],
    caches: Mapping[Role, str],
) -> tuple[Counted, str]:
    """Counts per request of both arms, by kind, each pass; and what cannot be counted.

    `databases` are the names of the arms' own databases and `caches` the URLs of their own Redis databases; without
    servers the answers' bytes alone are counted. Raises SubjectError for what is not answered well.
    """
    counted: Counted = {}
    async with AsyncExitStack() as stack:
        server = None if servers is None else await stack.enter_async_context(server_counts(servers))
        for role in (Role.BASELINE, Role.CANDIDATE):
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=base_urls[role], timeout=LIMIT_S, trust_env=False)
            )
            # What is done once, such as preparing a statement on each connection, is no cost of a request.
            for several in asks[role].values():
                for ask in several:
                    await ask(client)
            counted[str(role)] = {kind: [] for kind in asks[role]}
            for _ in range(PASSES):
                for kind, several in asks[role].items():
                    if servers is not None and servers.redis.disposable and role in caches:
                        await _emptied(caches[role])
                    passed = await _passed(client, several, server, databases.get(role))
                    counted[str(role)][kind].append(passed)
    return counted, "" if server is None else server.missing


async def _passed(
    client: httpx.AsyncClient, several: Sequence[Ask], server: ServerCounts | None, database: str | None
) -> Counts:
    if server is None or database is None:
        return {"bytes": await _bytes(client, several)}
    before = await server.read(database)
    size = await _bytes(client, several)
    changed = server.between(before, await server.read(database))
    return {**{name: value / len(several) for name, value in changed.items()}, "bytes": size}


async def _bytes(client: httpx.AsyncClient, several: Sequence[Ask]) -> float:
    return sum([len((await ask(client)).content) for ask in several]) / len(several)


async def _emptied(url: str) -> None:
    """An empty cache, so that every pass begins alike."""
    async with Redis.from_url(url) as client:
        await client.flushdb()
