"""Services started side by side."""

import asyncio

import pytest

from bench.subject import all_or_none


async def test_all_that_begin_are_answered_in_order() -> None:
    """Whichever is ready first."""

    async def begin(number: int) -> int:
        await asyncio.sleep(0.01 * (3 - number))
        return number

    assert await all_or_none(map(begin, range(3))) == [0, 1, 2]


async def test_nobody_goes_on_once_one_has_failed() -> None:
    """The error is raised when the others have cleaned up, not while they still do."""
    ended: list[str] = []

    async def fail() -> None:
        raise OSError("no such program")

    async def begin() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            ended.append("cleaned up")

    with pytest.raises(OSError, match="no such program"):
        await all_or_none([begin(), fail(), begin()])
    assert ended == ["cleaned up"] * 2
