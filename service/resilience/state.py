"""What state a breaker is in, and what it says of itself."""

from dataclasses import dataclass
from enum import StrEnum


class CircuitState(StrEnum):
    """The three a breaker moves between by itself, and three that only a person puts it in."""

    CLOSED = "closed"
    """Calls go through and are judged."""
    OPEN = "open"
    """Calls are rejected until the wait is over."""
    HALF_OPEN = "half_open"
    """A few calls go through; they decide."""
    DISABLED = "disabled"
    """Calls go through; nothing is counted."""
    METRICS_ONLY = "metrics_only"
    """Calls go through and are counted; the circuit never opens."""
    FORCED_OPEN = "forced_open"
    """Calls are rejected."""


JUDGED = frozenset((CircuitState.CLOSED, CircuitState.HALF_OPEN))
"""Where the counts decide what comes next."""

REJECTING = frozenset((CircuitState.OPEN, CircuitState.FORCED_OPEN))
"""Where no call goes through."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A breaker at one moment: its state, and the calls in the window that belongs to it."""

    state: CircuitState
    calls: int
    failed: int
    slow: int
    overdue: int
    """Still running, and slow already."""

    @property
    def failure_rate(self) -> float:
        """The failed among the ended calls; 0 where there are none."""
        return self.failed / self.calls if self.calls else 0.0

    @property
    def slow_call_rate(self) -> float:
        """The slow among the calls that ended or are overdue; 0 where there are none."""
        known = self.calls + self.overdue
        return (self.slow + self.overdue) / known if known else 0.0
