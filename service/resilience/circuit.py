"""What stands in a breaker's place: ours, or another that is to be compared with it."""

from typing import Protocol

from service.resilience.guard import Guard
from service.resilience.state import Snapshot


class Circuit(Guard, Protocol):
    """A guard that rejects calls with CircuitOpenError while it is open, and says what state it is in."""

    @property
    def name(self) -> str:
        """Of the dependency."""

    def snapshot(self) -> Snapshot:
        """The state and the counts now; counts that it does not keep are 0."""
