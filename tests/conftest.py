"""What holds for all tests."""

import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

# How long an example takes is the machine's affair, and no test is about it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Heed interrupts even where a shell started the tests in the background.

    A shell without job control has its background commands ignore SIGINT and SIGQUIT (POSIX, Shell Command Language,
    2.11), and every process that the tests start would inherit that: what is told to stop by them would go on.
    """
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGQUIT, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.fixture(autouse=True)
def own_logs() -> Iterator[None]:
    """No test keeps loggers as it configured them: the tests after it could not read their lines."""
    yield
    kept = structlog.get_config()["cache_logger_on_first_use"]
    structlog.reset_defaults()
    assert not kept, "logs.configure keeps loggers on their first use: see structlog.configure"
