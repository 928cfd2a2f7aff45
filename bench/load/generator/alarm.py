"""Wake a greenlet at a moment of `time.perf_counter`, to about a tenth of a millisecond.

gevent's own timers are not enough on Linux: libev hands epoll whole milliseconds, rounded up, which would
make every request 0.7 ms late in the middle. A timerfd is exact, and costs no more than gevent's timer:
spinning would take the core that the service under test needs. Elsewhere (macOS: kqueue, in nanoseconds)
gevent's timers are exact already.
"""

import ctypes
import os
import sys
import time
from types import TracebackType
from typing import Protocol, Self

import gevent
from gevent.hub import get_hub

_CLOCK_MONOTONIC = 1  # what perf_counter reads on Linux
_ABSOLUTE = 1  # TFD_TIMER_ABSTIME


class Alarm(Protocol):
    """A clock that can wake its caller."""

    def wait(self, moment: float) -> None:
        """Let other greenlets run until `moment` of perf_counter; come back at once when it is past."""

    def __enter__(self) -> Self:
        """Take what the clock needs."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""


def alarm() -> Alarm:
    """The most exact alarm of this system."""
    return TimerDescriptor() if sys.platform == "linux" else Sleep()


class Sleep:
    """gevent's own timer."""

    def wait(self, moment: float) -> None:
        """See Alarm."""
        ahead = moment - time.perf_counter()
        if ahead > 0:
            gevent.sleep(ahead)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


class _TimeSpec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("value", _TimeSpec))


class TimerDescriptor:
    """A timerfd (timerfd_create(2)) that gevent's loop watches like any socket.

    Python 3.13 has it in `os`; until that is the oldest Python here, the C library is asked.
    """

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self) -> Self:
        self._fd = self._libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._watcher = get_hub().loop.io(self._fd, 1)
        return self

    def wait(self, moment: float) -> None:
        """See Alarm."""
        if moment <= time.perf_counter():
            return
        spec = _TimerSpec(value=_TimeSpec(int(moment), int(moment % 1 * 1e9)))
        if self._libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(spec), None) < 0:
            raise OSError(ctypes.get_errno(), "timerfd_settime")
        get_hub().wait(self._watcher)
        os.read(self._fd, 8)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watcher.close()
        os.close(self._fd)
