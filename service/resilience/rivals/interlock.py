"""The library interlock-cb in the place of our breaker, with the same thresholds."""

import time
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from service.errors import ConfigurationError
from service.resilience.config import BreakerConfig
from service.resilience.errors import CircuitOpenError
from service.resilience.state import CircuitState, Snapshot

P = ParamSpec("P")
T = TypeVar("T")


class Interlock:
    """interlock-cb's breaker; see `service.resilience.circuit`. It counts whatever is raised as a failure.

    Raises ConfigurationError where the library is not installed.
    """

    def __init__(self, name: str, config: BreakerConfig) -> None:
        try:
            import interlock
        except ImportError as error:
            raise ConfigurationError(
                "DOCAICHE_BREAKER_KIND is interlock, but interlock-cb is not installed: install it, or set own."
            ) from error
        self._name = name
        self._recovery_timeout_s = config.recovery_timeout_s
        self._rejection = interlock.CircuitOpenError
        by_time = config.window_s is not None
        self._breaker = interlock.CircuitBreaker(
            name=name,
            config=interlock.Config(
                failure_rate_threshold=config.failure_rate_threshold,
                minimum_number_of_calls=config.minimum_calls,
                slow_call_duration_threshold=config.slow_call_s,
                slow_call_rate_threshold=config.slow_call_rate_threshold,
                permitted_calls_in_half_open=config.half_open_calls,
                wait_duration_in_open=config.recovery_timeout_s,
                window_type=interlock.WindowType.TIME_BASED if by_time else interlock.WindowType.COUNT_BASED,
                window_size=config.window_calls if config.window_s is None else max(1, round(config.window_s)),
            ),
        )

    @property
    def name(self) -> str:
        """Of the dependency."""
        return self._name

    def snapshot(self) -> Snapshot:
        """The state; its counts are told otherwise and are left out."""
        return Snapshot(CircuitState(self._breaker.state.value), calls=0, failed=0, slow=0, overdue=0)

    async def call(self, fn: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of the function. Raises CircuitOpenError, and whatever the function raises."""
        try:
            return await self._breaker.call_async(fn, *args, **kwargs)
        except self._rejection:
            now = time.monotonic()
            raise CircuitOpenError(self._name, now, now + self._recovery_timeout_s) from None
