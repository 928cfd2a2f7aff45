"""Which requests the experiment `cache` sends, which of them are remembered, and what that took.

The hit ratio is set before each slot. Every request of a fixed set is as likely as any other, all their answers are
kept aside in a database that no service uses (the shelf), and before a slot a share of them, drawn anew, is copied to
where the service looks: the requests stay the same, and those that hit are a fair sample of them. With the time to live
or with recorded popularity the hits would be other requests than the misses, and the ratio would drift in the slot.
"""

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx
from redis.asyncio import Redis as Client

from bench.corpus import Operation
from bench.errors import LoadError
from bench.experiments import requests
from bench.experiments.arms import Arm
from bench.experiments.cache_arms import Keep, Started
from bench.experiments.redis_commands import commands

LIMIT_S = 30.0
ATTEMPTS, RECOVERY_S = 4, 2.0
"""Of filling a cache. The pause is longer than the service's circuit to Redis stays open."""
KEPT_S = 0.2
"""More than the service waits for Redis."""
AT_ONCE = 8
"""More than any pool of the service has connections by default."""
HEADER = {"workload": 1, "corpus": "distinct requests of the recorded workload"}


def distinct(operations: Sequence[Operation], most: int) -> list[Operation]:
    """The first requests that a cache may answer, each once: by GET or by POST, the same search has one answer."""
    asked: dict[Operation, Operation] = {}
    for operation in operations:
        if operation.op in {"search", "stats"}:
            asked.setdefault(replace(operation, method="GET", kind=""), operation)
    return list(asked.values())[:most]


def write(path: Path, operations: Sequence[Operation], owners: Sequence[int] | None = None) -> None:
    """A workload file of these requests; with owners each name tells the node that keeps the answer."""
    lines = [json.dumps(HEADER)]
    for index, operation in enumerate(operations):
        line = operation.line()
        if owners is not None:
            line["name"] = named(requests.kind(operation), owners[index])
        lines.append(json.dumps(line))
    path.write_text("\n".join(lines) + "\n")


def named(kind: str, owner: int) -> str:
    """How a request is called whose answer node `owner` keeps."""
    return f"{kind} @{owner}"


async def empty(keep: Keep) -> None:
    """Forget every answer."""
    await asyncio.gather(*(node.flushdb() for node in keep.clients))


async def warm(arm: Arm, operations: Sequence[Operation]) -> None:
    """Send each request once, several at a time.

    Whoever sends one after another uses one connection to the database; on the others, every statement would be
    prepared and planned anew when it is measured.
    """
    api, left = arm.identity.knobs["api"], iter(operations)
    async with httpx.AsyncClient(base_url=arm.running.base_url, timeout=LIMIT_S, trust_env=False) as client:

        async def send() -> None:
            for operation in left:
                await requests.send(client, api, operation)

        await asyncio.gather(*(send() for _ in range(AT_ONCE)))


async def sent(
    arm: Arm, keep: Keep, operations: Sequence[Operation], *, watch: bool = False
) -> tuple[dict[str, float], list[int]]:
    """Send each request once, one after another.

    Answers how many commands of each name Redis was sent per request, and when asked to `watch`, for each request the
    node that has a key more since: the one that keeps its answer, -1 where none has.
    """
    api = arm.identity.knobs["api"]
    owners = []
    before, sizes = await commands(keep.clients), await _sizes(keep.clients)
    async with httpx.AsyncClient(base_url=arm.running.base_url, timeout=LIMIT_S, trust_env=False) as client:
        for operation in operations:
            await requests.send(client, api, operation)
            if watch:
                former, sizes = sizes, await _grown(keep.clients, sizes)
                owners.append(next((index for index, size in enumerate(sizes) if size > former[index]), -1))
    more = await commands(keep.clients) - before
    return {name: calls / len(operations) for name, calls in sorted(more.items())}, owners


async def fill(arm: Arm, keep: Keep, operations: Sequence[Operation]) -> tuple[dict[str, float], list[int]]:
    """Send each request to an empty cache; answers as `sent` does, once every answer is kept.

    On a machine that stalls, commands miss their deadline and the circuit to Redis opens: requests are then computed
    and not kept, and it takes another attempt. Raises LoadError when some are not kept in the last attempt either.
    """
    for _ in range(ATTEMPTS):
        # What was computed a moment ago is kept by then.
        await asyncio.sleep(KEPT_S)
        await empty(keep)
        missed, owners = await sent(arm, keep, operations, watch=True)
        kept = sum(await _sizes(keep.clients))
        if kept == len(operations):
            return missed, owners if len(keep.clients) > 1 else []
        await asyncio.sleep(RECOVERY_S)
    raise LoadError(
        f"Experiment `cache`: Redis kept {kept} of {len(operations)} answers, {ATTEMPTS} times in a row less than all: "
        "it does not answer within the service's deadline; measure again when the machine is less busy."
    )


async def shelve(started: Started, keep: Keep) -> list[str]:
    """Put what is kept now aside; answer its keys."""
    (client,) = keep.clients
    await started.shelf.flushdb()
    keys = [key.decode() async for key in client.scan_iter(count=1000)]
    async with client.pipeline(transaction=False) as copying:
        for key in keys:
            copying.copy(key, key, destination_db=str(started.shelf_database))
        await copying.execute()
    return sorted(keys)


async def remember(started: Started, keep: Keep, keys: Sequence[str], share: float, seed: str) -> None:
    """Empty the cache and put a share of what is on the shelf into it, drawn from the seed."""
    (client,) = keep.clients
    database = str(client.connection_pool.connection_kwargs.get("db") or 0)
    chosen = random.Random(f"remembered {seed}").sample(list(keys), round(share * len(keys)))
    await client.flushdb()
    async with started.shelf.pipeline(transaction=False) as copying:
        for key in chosen:
            copying.copy(key, key, destination_db=database)
        await copying.execute()


async def _sizes(nodes: Sequence[Client]) -> list[int]:
    return list(await asyncio.gather(*(node.dbsize() for node in nodes)))


async def _grown(nodes: Sequence[Client], former: Sequence[int]) -> list[int]:
    """Keys by node, once one has more: an answer is kept just after it was given. Some never are."""
    until = time.monotonic() + KEPT_S
    while (sizes := await _sizes(nodes)) == former and time.monotonic() < until:  # noqa: ASYNC110 - Redis is waited for
        await asyncio.sleep(0.001)
    return sizes
