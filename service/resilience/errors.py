"""What can go wrong around a call, besides what the call itself raises.

ServiceError
├── RejectedError        the call was not made
│   ├── CircuitOpenError     the breaker lets none through now
│   └── BulkheadFullError    too many are under way, and too many wait
└── CallTimeoutError     the call was made and took too long
"""

from service.errors import ServiceError


class RejectedError(ServiceError):
    """The call was not made: it says nothing about the dependency, and making it again at once helps nobody."""


class CircuitOpenError(RejectedError):
    """The breaker `name` lets no call through; made of that name, the breaker's clock now, and when to ask again."""

    # No __init__, and nothing worked out before someone reads it: an open circuit must reject cheaply.
    args: tuple[str, float, float]

    @property
    def name(self) -> str:
        """The breaker's name."""
        return self.args[0]

    @property
    def retry_after_s(self) -> float:
        """After so many seconds a call may be let through; infinite where only a person ends it."""
        _, now, next_try = self.args
        return max(0.0, next_try - now)

    def __str__(self) -> str:
        return f"the circuit {self.name} is open; it may close after {self.retry_after_s:.3g} s."


class BulkheadFullError(RejectedError):
    """All places are taken, and the queue is full or the longest wait is over."""


class CallTimeoutError(ServiceError, TimeoutError):
    """The call took longer than it may and was cancelled."""
