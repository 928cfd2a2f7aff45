"""Await something under a deadline, where only what really has to wait pays for the deadline.

`asyncio.timeout` costs microseconds, and asyncpg's own timeout for `acquire` a task besides. Nearly always a
connection is at hand and there is nothing to wait for. So the awaitable is begun by hand, as asyncio's eager tasks
do: if it ends in its first step, that was all.
"""

from collections.abc import Awaitable, Callable, Generator
from types import coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """An awaitable that has taken its first step.

    When it `waits`, await `rest` once, in the task that began it; else `result` is there. What the first step
    raises is raised here.
    """

    __slots__ = ("_future", "_steps", "result", "waits")

    result: T

    def __init__(self, awaitable: Awaitable[T]) -> None:
        self._steps = awaitable.__await__()
        try:
            self._future: Any = next(self._steps)
        except StopIteration as end:
            self.result = end.value
            self.waits = False
        else:
            self.waits = True

    @coroutine
    def rest(self) -> Generator[Any, Any, T]:
        """Go on to the end: `yield from`, but for a generator whose first step is taken (PEP 380)."""
        steps, waits_for = self._steps, self._future
        step: Callable[[Any], Any]
        while True:
            try:
                sent = yield waits_for
            except BaseException as error:  # noqa: BLE001 - the coroutine's to judge, cancellation above all
                step, passed = steps.throw, error
            else:
                step, passed = steps.send, sent
            try:
                waits_for = step(passed)
            except StopIteration as end:
                result: T = end.value
                return result
