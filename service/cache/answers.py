"""What remembers answers, as its users see it; and what remembers nothing."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

Compute = Callable[[], Awaitable[bytes]]


class Answers(Protocol):
    """Something that may remember encoded answers."""

    async def get_or_compute(self, operation: str, request: Mapping[str, object], compute: Compute) -> bytes:
        """Answer what is remembered of this request, or compute it."""

    async def healthy(self) -> bool:
        """Whether it can do at this moment what it is for."""

    async def close(self) -> None:
        """Let go of its connections."""


class NoAnswers:
    """Remembers nothing."""

    async def get_or_compute(self, operation: str, request: Mapping[str, object], compute: Compute) -> bytes:  # noqa: ARG002
        """Compute."""
        return await compute()

    async def healthy(self) -> bool:
        """Nothing can be wrong with it."""
        return True

    async def close(self) -> None:
        """Nothing to let go of."""
