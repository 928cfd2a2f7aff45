"""Work that has an event loop of its own, beside a notebook's."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Generic, TypeVar

Found = TypeVar("Found")


def aside(work: Callable[[], Coroutine[Any, Any, Found]]) -> Found:
    """Do it in a thread with a loop of its own, and wait for it.

    Where the wait is interrupted, as by a notebook's stop button, the work is cancelled and has ended its servers
    before KeyboardInterrupt goes on.
    """
    begun: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = []
    stopped = threading.Event()

    async def watched() -> Found:
        task = asyncio.current_task()
        assert task is not None
        begun.append((asyncio.get_running_loop(), task))
        # Asked after the line above: an interrupt that came before it found nothing to cancel.
        if stopped.is_set():
            raise asyncio.CancelledError
        return await work()

    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(lambda: asyncio.run(watched()))
        try:
            return running.result()
        except KeyboardInterrupt:
            # The interrupt reached this thread alone; the other one has servers to end.
            stopped.set()
            for loop, task in begun:
                with suppress(RuntimeError):  # it has ended meanwhile
                    loop.call_soon_threadsafe(task.cancel)
            raise


class Held(Generic[Found]):
    """An asynchronous context that stays open in a thread of its own until it is closed."""

    def __init__(self, opened: Callable[[], AbstractAsyncContextManager[Found]]) -> None:
        """Open it, and wait until it is. Raises whatever opening it raises; an interrupt closes it again."""
        self._opened = opened
        self._value: Future[Found] = Future()
        self._task: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()
        # A daemon: a kernel that is shut down must not wait for somebody to close this.
        self._thread = threading.Thread(target=lambda: asyncio.run(self._hold()), daemon=True)
        self._thread.start()
        try:
            self.value = self._value.result()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Leave the context, and wait until that is done; a second time does nothing."""
        loop, task = self._task.result()
        with suppress(RuntimeError):  # it is closed
            loop.call_soon_threadsafe(task.cancel)
        self._thread.join()

    async def _hold(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task.set_result((asyncio.get_running_loop(), task))
        try:
            async with self._opened() as found:
                self._value.set_result(found)
                await asyncio.Event().wait()  # until it is cancelled
        except asyncio.CancelledError as end:
            if not self._value.done():
                self._value.set_exception(end)
        except BaseException as error:
            if self._value.done():
                raise
            self._value.set_exception(error)
