"""Single flight: who asks while the same answer is being computed waits for it and does not compute it again.

While the answer is being kept, whoever missed it gets it at once: it is not where they looked yet.
"""

import asyncio
from collections.abc import Awaitable, Callable

from service.cache.answers import Compute
from service.telemetry import Timed

Keep = Callable[[bytes], Awaitable[None]]


class Flights:
    """The answers under way, by key. One event loop; no locks."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Future[bytes]] = {}

    async def run(self, key: str, compute: Compute, keep: Keep) -> bytes:
        """The answer of the one who asked first; that one keeps it, too, and waits for that.

        Raises what `compute` raises, to everyone who waits for it; only a cancellation is not theirs: then
        the next of them computes.
        """
        while (flight := self._under_way.get(key)) is not None:
            with Timed("cache"):
                answer = await self._join(flight)
            if answer is not None:
                return answer
        return await self._lead(key, compute, keep)

    async def _join(self, flight: "asyncio.Future[bytes]") -> bytes | None:
        """The answer of another; None when it was given up."""
        try:
            # Shielded: who gives up waiting must not cancel the computation for the others.
            return await asyncio.shield(flight)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not flight.cancelled() or (task is not None and task.cancelling()):
                raise
            return None

    async def _lead(self, key: str, compute: Compute, keep: Keep) -> bytes:
        flight: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        # Perhaps nobody waits: the exception is raised here and must not be reported as lost.
        flight.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._under_way[key] = flight
        try:
            answer = await self._computed(flight, compute)
            await keep(answer)
            return answer
        finally:
            del self._under_way[key]

    async def _computed(self, flight: "asyncio.Future[bytes]", compute: Compute) -> bytes:
        """The answer, given to all who wait for it before it is kept."""
        try:
            answer = await compute()
        except asyncio.CancelledError:
            flight.cancel()
            raise
        except BaseException as error:
            flight.set_exception(error)
            raise
        flight.set_result(answer)
        return answer
