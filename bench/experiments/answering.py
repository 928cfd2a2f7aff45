"""Open-model requests, up to a bound, while something else is done: does each of them have an answer?"""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from bench.corpus import Operation

RATE = 25.0
"""Requests a second: enough to be there at every moment, few enough to leave the machine to what is tested."""
LIMIT_S = 30.0
"""Longer than every deadline of the service."""
MOST = 32
"""Requests under way. After a moment in which the machine stood still all that was due would come at once, and be more
than the service lets wait: a failure, and none of the procedure that is tested."""


@dataclass(slots=True)
class Answers:
    """What became of the requests; `requests` have ended, well or badly."""

    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        """Requests that were not answered with status 200."""
        return self.failures.total()


@asynccontextmanager
async def answering(base_url: str, operations: Sequence[Operation], *, rate: float = RATE) -> AsyncIterator[Answers]:
    """Send the operations, over and over, to the paths of v1 while the block runs; at its end all have ended.

    Every other one goes over a connection of its own.
    """
    answers = Answers()
    kept = httpx.AsyncClient(base_url=base_url, timeout=LIMIT_S, trust_env=False)
    fresh = httpx.AsyncClient(
        base_url=base_url, timeout=LIMIT_S, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
    )
    under_way: set[asyncio.Task[None]] = set()
    async with kept, fresh:
        sender = asyncio.create_task(_send((kept, fresh), operations, rate, answers, under_way))
        try:
            yield answers
        finally:
            sender.cancel()
            await asyncio.gather(sender, *under_way, return_exceptions=True)


async def _send(
    clients: Sequence[httpx.AsyncClient],
    operations: Sequence[Operation],
    rate: float,
    answers: Answers,
    under_way: set[asyncio.Task[None]],
) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    numbered = enumerate(zip(itertools.cycle(clients), itertools.cycle(operations), strict=False))
    for number, (client, operation) in numbered:
        await asyncio.sleep(began + number / rate - loop.time())
        if len(under_way) >= MOST:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(_one(client, operation, answers))
        under_way.add(task)
        task.add_done_callback(under_way.discard)


async def _one(client: httpx.AsyncClient, operation: Operation, answers: Answers) -> None:
    asked = {name: value for name, value in operation.line().items() if name in FIELDS and value is not None}
    path = f"/api/v1/{operation.op}"
    try:
        if operation.method == "POST":
            response = await client.post(path, json=asked)
        else:
            response = await client.get(path, params=asked)
        failure = "" if response.status_code == HTTPStatus.OK else f"status {response.status_code}"
    except httpx.TransportError as error:
        failure = type(error).__name__
    answers.requests += 1
    if failure:
        answers.failures[failure] += 1


FIELDS = frozenset({"q", "workspace", "technology", "limit", "offset"})
