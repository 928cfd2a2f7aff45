"""The seed's breaker as it was written, with the minimum that makes it run.

Its own code is `SeedBreaker`: types were added, nothing else was changed. `Seed` puts it in a breaker's place: it
gives the bare Exception of an open circuit the type that the service's fallback knows, and tells the state.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import Enum
from typing import ParamSpec, TypeVar

from service.resilience.errors import CircuitOpenError
from service.resilience.state import CircuitState, Snapshot

P = ParamSpec("P")
T = TypeVar("T")

FAILURES = 3
"""As the seed has it for Weaviate."""
REFUSAL = "Circuit breaker is OPEN"


class SeedState(Enum):
    """The seed's CircuitState."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class SeedBreaker:
    """The seed's CircuitBreaker."""

    def __init__(
        self,
        failure_threshold: int = 5,
        recovery_timeout: float = 60,
        expected_exception: type[Exception] = Exception,
    ) -> None:
        self.failure_threshold = failure_threshold
        self.recovery_timeout = recovery_timeout
        self.expected_exception = expected_exception

        self.failure_count = 0
        self.last_failure_time: datetime | None = None
        self.state = SeedState.CLOSED

    async def call(self, func: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Execute function with circuit breaker protection."""
        if self.state == SeedState.OPEN:
            if self._should_attempt_reset():
                self.state = SeedState.HALF_OPEN
            else:
                raise Exception("Circuit breaker is OPEN")  # noqa: TRY002 - as it was written

        try:
            result = await func(*args, **kwargs)
            self._on_success()
            return result  # noqa: TRY300 - as it was written
        except self.expected_exception as e:
            self._on_failure()
            raise e  # noqa: TRY201 - as it was written

    def _should_attempt_reset(self) -> bool:
        """Check if enough time has passed to attempt reset."""
        assert self.last_failure_time is not None
        return (datetime.now() - self.last_failure_time).seconds >= self.recovery_timeout  # noqa: DTZ005 - as written

    def _on_success(self) -> None:
        """Reset circuit breaker on successful call."""
        self.failure_count = 0
        self.state = SeedState.CLOSED

    def _on_failure(self) -> None:
        """Handle failure and potentially open circuit."""
        self.failure_count += 1
        self.last_failure_time = datetime.now()  # noqa: DTZ005 - as it was written

        if self.failure_count >= self.failure_threshold:
            self.state = SeedState.OPEN


class Seed:
    """The seed's breaker in the place of ours; see `service.resilience.circuit`."""

    def __init__(self, name: str, *, recovery_timeout_s: float) -> None:
        self._name = name
        self._recovery_timeout_s = recovery_timeout_s
        self._breaker = SeedBreaker(failure_threshold=FAILURES, recovery_timeout=recovery_timeout_s)

    @property
    def name(self) -> str:
        """Of the dependency."""
        return self._name

    def snapshot(self) -> Snapshot:
        """The state, and how many failures came one after another."""
        failed = self._breaker.failure_count
        return Snapshot(CircuitState(self._breaker.state.value), calls=failed, failed=failed, slow=0, overdue=0)

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of the function. Raises CircuitOpenError, and whatever the function raises."""
        try:
            return await self._breaker.call(fn, *args, **kwargs)
        except Exception as error:
            # No subclass: it is the only bare Exception that there is.
            if type(error) is Exception and error.args == (REFUSAL,):
                now = time.monotonic()
                raise CircuitOpenError(self._name, now, now + self._recovery_timeout_s) from None
            raise
