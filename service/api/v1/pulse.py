"""How the service is, every second: looked at once for all who listen, and not at all while nobody does."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass

from pydantic import TypeAdapter

from service.api import operations
from service.db import PoolSnapshot, usage
from service.resources import Resources

EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class PoolState:
    """The connections to PostgreSQL, over the time since the beat before."""

    size: int
    busy: int
    waiting: int
    utilisation: float
    """Borrowed connection-seconds / (size x seconds)."""
    chance_to_wait: float | None
    """Of a checkout; null when there was none."""
    wait_p99_s: float | None
    """Upper bound of the 99th percentile of the waits; null when there was no checkout, or when it is above 10 s."""


@dataclass(frozen=True, slots=True)
class Beat:
    """How the service is at one moment."""

    health: operations.Readiness
    pool: PoolState


BEAT = TypeAdapter(Beat)


class Pulse:
    """The beats of a process: a query, a PING and a look at Weaviate each, however many sockets they go to."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        self._every_s = every_s
        self._listeners = 0
        self._beating: asyncio.Task[None] | None = None
        self._next: asyncio.Future[str] | None = None

    @contextmanager
    def heard(self, resources: Resources) -> Iterator[Callable[[], Awaitable[str]]]:
        """Listen: what is given waits for the next beat, as JSON, and raises what went wrong with it."""
        if self._beating is None:
            self._next = asyncio.get_running_loop().create_future()
            # In a context of its own: it is nobody's request.
            self._beating = asyncio.create_task(self._beat(resources), context=Context())
        self._listeners += 1
        try:
            yield self._coming
        finally:
            self._listeners -= 1
            if not self._listeners:
                self._beating.cancel()
                self._beating = None

    async def _coming(self) -> str:
        assert self._next is not None
        # One who leaves must not take it from the others.
        return await asyncio.shield(self._next)

    async def _beat(self, resources: Resources) -> None:
        before = resources.database.usage()
        while True:
            await asyncio.sleep(self._every_s)
            now = resources.database.usage()
            try:
                beat = Beat(await operations.check(resources), _pool(before, now))
            except Exception as error:  # noqa: BLE001 - whoever listens raises it
                coming = self._renewed()
                coming.set_exception(error)
                coming.exception()  # Should nobody wait at this moment, it is no loss.
            else:
                self._renewed().set_result(BEAT.dump_json(beat, exclude_none=True).decode())
            before = now

    def _renewed(self) -> asyncio.Future[str]:
        """The beat that is awaited; the next one takes its place."""
        assert self._next is not None
        coming, self._next = self._next, asyncio.get_running_loop().create_future()
        return coming


def _pool(before: PoolSnapshot, now: PoolSnapshot) -> PoolState:
    return PoolState(
        size=now.size,
        busy=now.busy,
        waiting=now.waiting,
        utilisation=usage.utilisation(before, now),
        chance_to_wait=_finite(usage.chance_to_wait(before, now)),
        wait_p99_s=_finite(usage.wait_quantile(before, now, 0.99)),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
