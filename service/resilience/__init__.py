"""Calls to what may fail or hang: a circuit breaker, and what stands around and inside it.

From the outside in: fallback, retry, breaker, bulkhead, timeout.
"""

from service.resilience.breaker import CircuitBreaker
from service.resilience.config import BreakerConfig
from service.resilience.errors import BulkheadFullError, CallTimeoutError, CircuitOpenError, RejectedError
from service.resilience.listener import Listener
from service.resilience.state import CircuitState, Snapshot

__all__ = [
    "BreakerConfig",
    "BulkheadFullError",
    "CallTimeoutError",
    "CircuitBreaker",
    "CircuitOpenError",
    "CircuitState",
    "Listener",
    "RejectedError",
    "Snapshot",
]
