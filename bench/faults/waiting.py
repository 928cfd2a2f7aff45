"""To wait for less than a millisecond, which event loops round up to one."""

import asyncio
import ctypes
import os
import sys

NANOSECONDS = 1_000_000_000


class _Time(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Timer(ctypes.Structure):
    _fields_ = (("interval", _Time), ("first", _Time))


async def wait(seconds: float) -> None:
    """Wait, without the processor, to within some ten microseconds on Linux; elsewhere as finely as the loop does."""
    if sys.platform != "linux":
        await asyncio.sleep(seconds)
        return
    loop = asyncio.get_running_loop()
    timer = _armed(seconds)
    rung = loop.create_future()
    loop.add_reader(timer, _ring, rung)
    try:
        await rung
    finally:
        loop.remove_reader(timer)
        os.close(timer)


def _ring(rung: "asyncio.Future[None]") -> None:
    if not rung.done():
        rung.set_result(None)


def _armed(seconds: float) -> int:
    """A file descriptor that becomes readable then: timerfd_create(2), which Python has from 3.13 on."""
    libc = ctypes.CDLL(None, use_errno=True)
    timer: int = libc.timerfd_create(1, os.O_NONBLOCK | os.O_CLOEXEC)  # 1: CLOCK_MONOTONIC
    if timer < 0:
        raise OSError(ctypes.get_errno(), "timerfd_create")
    whole, rest = divmod(max(1, round(seconds * NANOSECONDS)), NANOSECONDS)
    if libc.timerfd_settime(timer, 0, ctypes.byref(_Timer(_Time(0, 0), _Time(whole, rest))), None):
        os.close(timer)
        raise OSError(ctypes.get_errno(), "timerfd_settime")
    return timer
