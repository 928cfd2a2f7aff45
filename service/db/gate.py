"""First come, first served: the queue in front of the pool.

asyncpg's pool lets a newcomer overtake those who wait, and lets any number wait (asyncpg issue 1247). Behind a
gate of the pool's size nobody ever waits in asyncpg's own queue, except for a connection that is being replaced.

Who finds a free place pays for two comparisons. Only who waits pays for a future, and no one for a timer of his
own: all wait equally long, so the first to come is the first whose time is up, and one timer serves the queue.
"""

import asyncio
from collections import OrderedDict

from service.errors import PoolQueueFullError, PoolTimeoutError


class Gate:
    """Lets `size` in at once, and `queue` more wait for up to `timeout_s` seconds each; for one event loop.

    Whoever got in, by `enter_now` or `enter`, must `leave`. A place that is given up goes to the one who has
    waited longest, directly: no newcomer can take it.
    """

    __slots__ = ("_deadlines", "_inside", "_queue", "_size", "_timeout_s", "_timer")

    def __init__(self, size: int, *, queue: int, timeout_s: float) -> None:
        self._size = size
        self._queue = queue
        self._timeout_s = timeout_s
        self._inside = 0
        self._deadlines: OrderedDict[asyncio.Future[bool], float] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def inside(self) -> int:
        """How many are in, those included whose turn has come and who do not know yet."""
        return self._inside

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._deadlines)

    def enter_now(self) -> bool:
        """Take a free place; False when there is none. One that comes free goes past those who wait to nobody."""
        if self._inside < self._size:
            self._inside += 1
            return True
        return False

    async def enter(self) -> None:
        """Take a place, waiting for it in turn.

        Raises PoolQueueFullError at once when as many wait as may, and PoolTimeoutError after `timeout_s`.
        """
        if self.enter_now():
            return
        if len(self._deadlines) >= self._queue:
            raise PoolQueueFullError(
                f"no database connection is free, and {len(self._deadlines)} requests wait for one"
            )
        turn = self._line_up()
        try:
            granted = await turn
        except BaseException:
            # Cancelled; perhaps in the very moment in which the turn had come.
            if self._deadlines.pop(turn, None) is None and not turn.cancelled() and turn.result():
                self.leave()
            raise
        if not granted:
            raise PoolTimeoutError(f"no database connection is free within {self._timeout_s:.3g} s")

    def leave(self) -> None:
        """Give up a place."""
        while self._deadlines:
            turn, _ = self._deadlines.popitem(last=False)
            # One that was cancelled a moment ago has not come to strike itself off yet.
            if not turn.done():
                turn.set_result(True)
                return
        self._inside -= 1

    def _line_up(self) -> "asyncio.Future[bool]":
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[bool] = loop.create_future()
        deadline = loop.time() + self._timeout_s
        self._deadlines[turn] = deadline
        if self._timer is None:
            self._timer = loop.call_at(deadline, self._expire, deadline)
        return turn

    def _expire(self, now: float) -> None:
        """Turn away those whose time is up, and come back for the first of the others."""
        self._timer = None
        while self._deadlines:
            turn, deadline = next(iter(self._deadlines.items()))
            if deadline > now:
                self._timer = asyncio.get_running_loop().call_at(deadline, self._expire, deadline)
                return
            del self._deadlines[turn]
            if not turn.done():
                turn.set_result(False)
