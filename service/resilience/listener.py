"""Who wants to know what a breaker does."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import structlog

from service.resilience.state import CircuitState

if TYPE_CHECKING:
    from service.resilience.breaker import CircuitBreaker

log = structlog.get_logger(__name__)


class Listener(Protocol):
    """Told at once, within the call that caused it: so it must be quick. What it raises is logged and forgotten."""

    def on_transition(self, breaker: "CircuitBreaker", before: CircuitState, after: CircuitState) -> None:
        """Told when the breaker has gone from one state to another."""

    def on_rejected(self, breaker: "CircuitBreaker") -> None:
        """Told when a call was not let through."""


class Logged:
    """Logs when a circuit changes; rejections are too many to log."""

    def on_transition(self, breaker: "CircuitBreaker", before: CircuitState, after: CircuitState) -> None:
        """Log it."""
        log.warning("circuit changed", circuit=breaker.name, before=before.value, after=after.value)

    def on_rejected(self, breaker: "CircuitBreaker") -> None:
        """Say nothing."""


def tell(name: str, notice: Callable[..., None], *facts: object) -> None:
    """Give the listener of breaker `name` its notice; a listener that raises breaks nothing."""
    try:
        notice(*facts)
    except Exception:
        log.exception("a circuit breaker's listener failed", circuit=name)
