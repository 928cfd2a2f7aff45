"""Work that has an event loop of its own, beside a notebook's."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Found = TypeVar("Found")


def aside(work: Callable[[], Coroutine[Any, Any, Found]]) -> Found:
    """Do it in a thread with a loop of its own, and wait for it.

    Where the wait is interrupted, as by a notebook's stop button, the work is cancelled and has ended its servers
    before KeyboardInterrupt goes on.
    """
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []

    async def watched() -> Found:
        task = asyncio.current_task()
        assert task is not None
        begun.append((asyncio.get_running_loop(), task))
        return await work()

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(lambda: asyncio.run(watched()))
        try:
            return running.result()
        except KeyboardInterrupt:
            # The interrupt reached this thread alone; the other one has servers to end.
            for loop, task in begun:
                loop.call_soon_threadsafe(task.cancel)
            raise
