"""Await something under a deadline, where only what really has to wait pays for the deadline.

`asyncio.timeout` costs microseconds, and asyncpg's own timeout for `acquire` a task besides. Nearly always a
connection is at hand and there is nothing to wait for. So the first step is taken by hand, as asyncio's eager tasks
do: if the awaitable ends in it, that was all.

    steps = awaitable.__await__()
    try:
        waits_for = next(steps)
    except StopIteration as end:
        return end.value
    async with asyncio.timeout(timeout_s):
        return await rest_of(steps, waits_for)
"""

from collections.abc import Callable, Generator
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


@coroutine
def rest_of(steps: Generator[Any, Any, T], waits_for: object) -> Generator[Any, Any, T]:
    """Go on to the end in the same task: `yield from`, but for steps of which the first is taken (PEP 380)."""
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
