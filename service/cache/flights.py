"""Single flight: who asks while the same answer is being computed waits for it and does not compute it again.

Nobody waits for an answer to be kept, not even the one who computed it: that is done beside the requests. Until it is
done, whoever missed the answer gets it at once: it is not where they looked yet.
"""

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

from service.cache.answers import Compute
from service.telemetry import Timed

Keep = Callable[[bytes], Coroutine[Any, Any, None]]

MOST_KEPT = 32
"""So many answers are being kept at a time. What is computed beyond that is not kept: whoever keeps does not keep up,
and answers that wait for it take memory."""


class Flights:
    """The answers under way, by key. One event loop; no locks."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Future[bytes]] = {}
        self._keeping: set[asyncio.Task[None]] = set()

    async def run(self, key: str, compute: Compute, keep: Keep | None) -> bytes:
        """The answer of the one who asked first; that one has it kept, too, if there is a way to.

        Raises what `compute` raises, to everyone who waits for it; only a cancellation is not theirs: then
        the next of them computes.
        """
        while (flight := self._under_way.get(key)) is not None:
            with Timed("cache"):
                answer = await self._join(flight)
            if answer is not None:
                return answer
        return await self._lead(key, compute, keep)

    async def settle(self) -> None:
        """Return when nothing is being kept any more; for how long that may take is `keep`'s to bound."""
        if self._keeping:
            await asyncio.wait(self._keeping)

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

    async def _lead(self, key: str, compute: Compute, keep: Keep | None) -> bytes:
        flight: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        # Perhaps nobody waits: the exception is raised here and must not be reported as lost.
        flight.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._under_way[key] = flight
        try:
            answer = await self._computed(flight, compute)
        except BaseException:
            del self._under_way[key]
            raise
        if keep is None or len(self._keeping) >= MOST_KEPT:
            del self._under_way[key]
        else:
            self._have_kept(key, keep(answer))
        return answer

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

    def _have_kept(self, key: str, keeping: Coroutine[Any, Any, None]) -> None:
        """Keep beside the requests; the flight ends with it."""
        # In a context of its own: it takes none of the request's time.
        task = asyncio.create_task(keeping, context=contextvars.Context())
        self._keeping.add(task)

        def ended(_: "asyncio.Task[None]") -> None:
            self._keeping.discard(task)
            del self._under_way[key]

        task.add_done_callback(ended)
