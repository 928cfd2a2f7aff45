"""Several services started side by side: each spends most of its start on importing its framework."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def all_or_none(starts: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What all of them answer; where one fails, its error, once the others were broken off and have ended.

    Left to themselves they would go on while whoever started them cleans up.
    """
    tasks = [asyncio.create_task(start) for start in starts]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
