"""A computation for caches to avoid: it counts, and can be made to wait or fail."""

import asyncio
from dataclasses import dataclass, field
from typing import Self


@dataclass
class Work:
    """Ends when it may."""

    answer: bytes = b"answer"
    times: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Exception | None = None

    async def __call__(self) -> bytes:
        """Compute."""
        self.times += 1
        self.begun.set()
        await self.may_end.wait()
        if self.failure is not None:
            raise self.failure
        return self.answer

    @classmethod
    def ready(cls, answer: bytes = b"answer") -> Self:
        """One that ends at once."""
        work = cls(answer)
        work.may_end.set()
        return work

    @classmethod
    def failing(cls, failure: Exception) -> Self:
        """One that fails at once."""
        work = cls(failure=failure)
        work.may_end.set()
        return work
