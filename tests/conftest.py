"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    """Heed interrupts even where a shell started the tests in the background.

    A shell without job control has its background commands ignore SIGINT, and every process that the tests start
    would inherit that: a lab that is told to stop by its interrupt would go on.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
