"""Open-model traffic: requests leave when they are due, whatever became of those before, up to a bound.

Every other one on a connection of its own, the rest on connections that are kept: an old process has to let go of
both without losing one.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

RATE = 60.0
"""Requests a second: what a test can send and a shared machine can answer."""
LIMIT_S = 150.0
"""Longer than every deadline of the service: who waits longer hangs."""
MOST = 32
"""Requests under way: after a moment in which the machine stood still, not everything that was due comes at once."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, and whether an answer of status 200 is what the client meant."""

    path: str
    params: Mapping[str, Any]
    means: Callable[[Any], bool]
    headers: Mapping[str, str] = field(default_factory=dict)


WORDS = ("event loop", "return", "socket OR future", "connection", "raise error", "cursor", "zyzzyva", "json -path")
SEARCHES: Sequence[Ask] = [
    Ask("/api/v1/search", {"q": words, "workspace": f"team-{team}"}, lambda body: body["total"] >= len(body["hits"]))
    for words in WORDS
    for team in (1, 2)
]


@dataclass(slots=True)
class Traffic:
    """What became of the requests."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """`answered`, or what went wrong, and how often."""
    failures: list[httpx.Response] = field(default_factory=list)
    """Answers that were none."""
    sent: int = 0
    progress: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def failed(self) -> int:
        """Requests that ended in something else than the answer that was meant."""
        return self.outcomes.total() - self.outcomes["answered"]

    async def until(self, number: int) -> None:
        """Wait until so many more have been answered, well or badly."""
        wanted = self.outcomes.total() + number
        while self.outcomes.total() < wanted:
            self.progress.clear()
            await self.progress.wait()

    def count(self, outcome: str) -> None:
        """One more that came to this."""
        self.outcomes[outcome] += 1
        self.progress.set()


@asynccontextmanager
async def traffic(url: str, asks: Sequence[Ask] = SEARCHES, *, rate: float = RATE) -> AsyncIterator[Traffic]:
    """Send requests while the block runs; at its end all that were sent have been answered."""
    seen = Traffic()
    async with AsyncExitStack() as stack:
        limits = [httpx.Limits(), httpx.Limits(max_keepalive_connections=0)]
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, trust_env=False, timeout=LIMIT_S, limits=limit)
            )
            for limit in limits
        ]
        under_way: set[asyncio.Task[None]] = set()
        sender = asyncio.create_task(_send(clients, asks, rate, seen, under_way))
        try:
            yield seen
        finally:
            sender.cancel()
            await asyncio.gather(sender, *under_way, return_exceptions=True)


async def _send(
    clients: Sequence[httpx.AsyncClient],
    asks: Sequence[Ask],
    rate: float,
    seen: Traffic,
    under_way: set[asyncio.Task[None]],
) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, (client, ask) in enumerate(zip(itertools.cycle(clients), itertools.cycle(asks))):
        await asyncio.sleep(began + number / rate - loop.time())
        if len(under_way) >= MOST:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        seen.sent += 1
        task = asyncio.create_task(_one(client, ask, seen))
        under_way.add(task)
        task.add_done_callback(under_way.discard)


async def _one(client: httpx.AsyncClient, ask: Ask, seen: Traffic) -> None:
    try:
        answer = await client.get(ask.path, params=dict(ask.params), headers=dict(ask.headers))
    except httpx.TransportError as error:
        seen.count(type(error).__name__)
        return
    if answer.status_code == httpx.codes.OK and ask.means(answer.json()):
        seen.count("answered")
    else:
        seen.failures.append(answer)
        seen.count(f"status {answer.status_code}")
