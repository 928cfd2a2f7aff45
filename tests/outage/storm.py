"""A fixed number of open-model requests, each due at its moment whatever became of those before, and its outcome.

Written on bare streams: at hundreds of requests a second a client library would take more of the machine than the
service that is tested.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

LIMIT_S = 40.0
"""Above what the service allows itself: 15 s for a connection and 10 s for its query. Who waits longer hangs."""
ANSWERED, REFUSED, HANGS = "answered", "refused", "hangs"
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Storm:
    """What became of the requests, in the order in which they were sent."""

    host: str
    port: int
    total: int
    outcomes: dict[int, str] = field(default_factory=dict)
    progress: asyncio.Event = field(default_factory=asyncio.Event)
    _idle: list[Stream] = field(default_factory=list)

    async def until(self, number: int) -> None:
        """Wait until so many have been answered, well or badly."""
        while len(self.outcomes) < number:
            self.progress.clear()
            await self.progress.wait()

    def counted(self, first: int = 0, last: int | None = None) -> Counter[str]:
        """How often each outcome came, of the requests sent from the first to before the last."""
        return Counter(self.outcomes[number] for number in range(first, self.total if last is None else last))

    async def ask(self, number: int, path: str) -> None:
        """Send one request and keep what became of it."""
        try:
            async with asyncio.timeout(LIMIT_S):
                outcome = judged(await self._exchange(path))
        except TimeoutError:
            outcome = HANGS
        except (OSError, asyncio.IncompleteReadError) as error:
            outcome = type(error).__name__
        self.outcomes[number] = outcome
        self.progress.set()

    def close(self) -> None:
        """Close what is open."""
        for _, writer in self._idle:
            writer.close()

    async def _exchange(self, path: str) -> Answer:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status, *lines = head.split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers["content-length"]))
        except BaseException:
            writer.close()
            raise
        self._idle.append((reader, writer))
        return Answer(int(status.split()[1]), headers, body)


def judged(answer: Answer) -> str:
    """`answered` with hits, `refused` as the envelope has it and with a moment to come back at, or what it was."""
    if answer.status == 200 and set(json.loads(answer.body)) == {"total", "hits", "next"}:
        return ANSWERED
    advised = answer.headers.get("retry-after", "").isdigit()
    if answer.status == 503 and advised and code(answer) == "SERVICE_UNAVAILABLE":
        return REFUSED
    return f"status {answer.status}: {answer.body[:200]!r}"


def code(answer: Answer) -> str:
    """The code in the envelope; nothing where there is none."""
    try:
        return str(json.loads(answer.body)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


@asynccontextmanager
async def storm(host: str, port: int, paths: Sequence[str], *, total: int, rate: float) -> AsyncIterator[Storm]:
    """Send `total` requests, `rate` a second; the block's end waits until every one has its outcome."""
    seen = Storm(host, port, total)
    sender = asyncio.create_task(_send(seen, paths, rate))
    try:
        yield seen
        await sender
    finally:
        sender.cancel()
        seen.close()


async def _send(seen: Storm, paths: Sequence[str], rate: float) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.TaskGroup() as group:
        for number in range(seen.total):
            wait_s = began + number / rate - loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            group.create_task(seen.ask(number, paths[number % len(paths)]))
