"""What an exception says about the dependency: something or nothing, and if something, whether it failed."""

from collections.abc import Callable

import structlog

from service.resilience.config import BreakerConfig
from service.resilience.errors import RejectedError

log = structlog.get_logger(__name__)


def counts(error: BaseException, config: BreakerConfig, *, slow: bool) -> bool:
    """Whether a call that ended so counts at all: one that was cancelled does only if it was slow."""
    if not isinstance(error, Exception):
        return slow
    return not isinstance(error, RejectedError) and not _holds(config.ignore, error, otherwise=False)


def is_failure(error: BaseException, config: BreakerConfig) -> bool:
    """Whether a call that ended so and counts is a failed one."""
    return isinstance(error, Exception) and _holds(config.record, error, otherwise=True)


def _holds(predicate: Callable[[Exception], bool], error: Exception, *, otherwise: bool) -> bool:
    """What the predicate says; one that raises excuses nothing, and does not hide the error it was asked about."""
    try:
        return predicate(error)
    except Exception:
        log.exception("a circuit breaker's predicate failed", error=type(error).__name__)
        return otherwise
