"""Work in a thread with a loop of its own."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bench.lab.aside import Held, aside


async def test_it_works_where_a_loop_runs_already() -> None:
    """As in a notebook."""

    async def work() -> int:
        await asyncio.sleep(0)
        return 3

    assert aside(work) == 3


def test_an_interrupt_cancels_the_work_and_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its servers are ended before the interrupt goes on."""
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("servers")

    monkeypatch.setattr(Future, "result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        aside(work)
    assert ended in (["servers"], [])  # the interrupt may have come before the work began


def test_an_interrupt_before_the_work_has_begun_stops_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop button at once after the cell's start: nothing begins."""
    begun: list[str] = []

    async def work() -> None:
        begun.append("servers")

    class Late(ThreadPoolExecutor):
        """Begins only what it is left with."""

        def submit(self, fn: Any, /, *_: Any, **__: Any) -> Any:
            self.kept = fn
            return Waiting()

        def shutdown(self, *args: Any, **options: Any) -> None:
            with pytest.raises(asyncio.CancelledError):
                super().submit(self.kept).result()
            super().shutdown(*args, **options)

    monkeypatch.setattr("bench.lab.aside.ThreadPoolExecutor", Late)
    with pytest.raises(KeyboardInterrupt):
        aside(work)
    assert begun == []


class Waiting:
    """A future that one does not wait out."""

    def result(self) -> None:
        """See Future."""
        raise KeyboardInterrupt


def interrupted(_: object) -> None:
    """The stop button."""
    raise KeyboardInterrupt


@asynccontextmanager
async def opened(log: list[str], error: Exception | None = None) -> AsyncIterator[str]:
    """A context that tells what becomes of it."""
    if error:
        raise error
    log.append("open")
    try:
        yield "http://there"
    finally:
        await asyncio.sleep(0)
        log.append("closed")


def test_a_context_stays_open_until_it_is_closed() -> None:
    """And is closed once, however often that is said."""
    log: list[str] = []
    held = Held(lambda: opened(log))
    assert (held.value, log) == ("http://there", ["open"])
    held.close()
    held.close()
    assert log == ["open", "closed"]


def test_what_opening_raises_reaches_the_caller() -> None:
    """As if it had been opened here."""
    with pytest.raises(ValueError, match="no server"):
        Held(lambda: opened([], ValueError("no server")))
