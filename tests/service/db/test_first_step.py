import asyncio
from collections.abc import Awaitable, Callable

import pytest

from service.db.first_step import rest_of

Step = Callable[[], Awaitable[object]]


async def begun(awaitable: Awaitable[object]) -> object:
    """Take the first step by hand, and the others by `rest_of`."""
    steps = awaitable.__await__()
    try:
        waits_for = next(steps)
    except StopIteration as end:
        return ("at once", end.value)
    return ("later", await rest_of(steps, waits_for))


async def answer(waits: list[Step], caught: type[BaseException] = KeyError) -> object:
    """Wait for each in turn, and answer with what came; an error that is caught counts as an answer."""
    came = []
    for wait in waits:
        try:
            came.append(await wait())
        except caught as error:
            came.append(str(error))
    return came


def of(value: object) -> Step:
    """A wait that ends with a value, or with an error."""

    async def step() -> object:
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        outcome = future.set_exception if isinstance(value, BaseException) else future.set_result
        asyncio.get_running_loop().call_soon(outcome, value)
        return await future

    return step


async def test_what_ends_in_its_first_step_is_there_at_once() -> None:
    """Nothing to wait for, nothing left."""
    assert await begun(answer([])) == ("at once", [])


async def test_all_further_steps_are_taken() -> None:
    """Values, errors that are handled, and naps reach the awaitable as under a plain `await`."""
    waits = [of(1), of(LookupError("two")), lambda: asyncio.sleep(0, 3), of(4)]
    assert await begun(answer(waits, LookupError)) == ("later", [1, "two", 3, 4])


@pytest.mark.parametrize("waits", [[of(LookupError("lost"))], [of(1), of(LookupError("lost"))]])
async def test_an_error_comes_out(waits: list[Step]) -> None:
    """From the second step as from any later one."""
    with pytest.raises(LookupError, match="lost"):
        await begun(answer(waits))


async def test_a_cancellation_goes_in() -> None:
    """It reaches the innermost wait, which may clear up and take steps for it."""
    cleared: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleared.append("up")

    task = asyncio.create_task(begun(work()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleared == ["up"]


async def test_a_timeout_around_the_rest_ends_it() -> None:
    """Which is what it is for."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await begun(asyncio.Event().wait())
