"""What remembers answers, as its users see it; and what remembers nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from service.resilience import CircuitBreaker

Compute = Callable[[], Awaitable[bytes]]


class Answers(Protocol):
    """Something that may remember encoded answers."""

    async def open(self) -> None:
        """Get ready; nothing that is away keeps it from that.

        Raises ConfigurationError when what answers is not what the settings say.
        """

    async def get_or_compute(self, operation: str, request: Mapping[str, object], compute: Compute) -> bytes:
        """Answer what is remembered of this request, or compute it.

        That there is nothing to answer, NotFoundError, is an answer, too: it may be raised from memory.
        """

    def invalidate(self, version: str, workspace: str | None = None) -> None:
        """From now on give no answer of another version than this: of the workspace, or of everything.

        In this process alone; see `generations` for what whoever tells the others has to mind.
        """

    def keep_for(self, seconds: float) -> None:
        """Keep answers for so long from now on, in this process; 0 keeps and gives none."""

    def breakers(self) -> Sequence[CircuitBreaker]:
        """Those in front of it now; a cluster's nodes come and go."""

    async def healthy(self) -> bool:
        """Whether it can do at this moment what it is for."""

    async def close(self) -> None:
        """Let go of its connections."""


class NoAnswers:
    """Remembers nothing."""

    async def open(self) -> None:
        """Nothing to get ready."""

    async def get_or_compute(self, operation: str, request: Mapping[str, object], compute: Compute) -> bytes:  # noqa: ARG002
        """Compute."""
        return await compute()

    def invalidate(self, version: str, workspace: str | None = None) -> None:
        """Nothing to forget."""

    def keep_for(self, seconds: float) -> None:
        """There is nothing to keep."""

    def breakers(self) -> Sequence[CircuitBreaker]:
        """None."""
        return ()

    async def healthy(self) -> bool:
        """Nothing can be wrong with it."""
        return True

    async def close(self) -> None:
        """Nothing to let go of."""
