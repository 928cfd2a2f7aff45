"""Calls to what may fail or hang: a circuit breaker, and what stands around and inside it.

From the outside in: fallback, retry, breaker, bulkhead, timeout.
"""

from service.resilience.breaker import CircuitBreaker
from service.resilience.bulkhead import Bulkhead
from service.resilience.circuit import Circuit
from service.resilience.config import BreakerConfig
from service.resilience.errors import BulkheadFullError, CallTimeoutError, CircuitOpenError, RejectedError
from service.resilience.fallback import Fallback
from service.resilience.guard import Guard
from service.resilience.listener import Listener, Logged
from service.resilience.policy import Policy
from service.resilience.retry import Retry, RetryBudget
from service.resilience.state import CircuitState, Snapshot
from service.resilience.timeout import Timeout

__all__ = [
    "BreakerConfig",
    "Bulkhead",
    "BulkheadFullError",
    "CallTimeoutError",
    "Circuit",
    "CircuitBreaker",
    "CircuitOpenError",
    "CircuitState",
    "Fallback",
    "Guard",
    "Listener",
    "Logged",
    "Policy",
    "RejectedError",
    "Retry",
    "RetryBudget",
    "Snapshot",
    "Timeout",
]
