"""Find and end the processes of a lab, with everything that they started in turn.

Promises: a process is touched only when its birth is the one on record, or when it carries the lab's mark
in its environment; a number that was given to another process since is left alone. A family is asked to
stop first and killed after GRACE_S; processes stopped by SIGSTOP are woken so that they can obey.

Three ways lead to a family's members, since each alone misses some: descent (loses orphans), the process
group (loses whoever opened a session of its own, as PostgreSQL's backends do) and the mark (loses programs
that overwrite their environment, as PostgreSQL does too).
"""

import os
import platform
import signal
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import psutil

from bench.lifetime.lease import Held

MARK = "PERFLAB_CUSTODY"
"""Environment variable that every process of a lab carries: `<token of the lease>.<number of the spawn>`."""
GRACE_S = 8.0
"""Above the 5 s after which a stopping PostgreSQL kills its own backends (SIGKILL_CHILDREN_AFTER_SECS)."""
KILLED_S = 2.0
LINUX = platform.system() == "Linux"
POLL_S = 0.01


def birth(pid: int) -> str | None:
    """Tell this process from all others that ever have the number `pid`; None when there is none.

    On Linux the boot and the clock ticks from boot to start (proc(5), `starttime`): unlike a time of day
    they do not move when the clock is set.
    """
    if LINUX:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return f"{_boot()}/{fields[19]}"
    try:
        return str(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def end(
    held: Iterable[Held], mark: str, reap: Callable[[], object] = lambda: None, *, grace_s: float = GRACE_S
) -> list[psutil.Process]:
    """End these processes, their families, and whoever carries `mark` (a prefix); answer the survivors.

    `reap` is called while waiting, for the parent to collect its dead. Survivors are those that this user
    may not signal, or that hang in the kernel.
    """
    roots = [root for root in held if birth(root.pid) == root.birth]
    doomed = _family(roots, mark)
    for root in reversed(roots):
        _signal_group(root.pid, root.stop)
    groups = {root.pid for root in roots}
    for process in doomed:
        if _group(process) not in groups:
            _signal(process, signal.SIGTERM)
    survivors = _wait(doomed, grace_s, reap)
    # Look again even if all are gone: an environment cannot be read in the midst of an exec, nor its mark.
    doomed = survivors | _family(roots, mark)
    for process in doomed:
        _signal(process, signal.SIGKILL)
    return sorted(_wait(doomed, KILLED_S, reap), key=lambda process: process.pid)


def _family(roots: Iterable[Held], mark: str) -> set[psutil.Process]:
    pids = {root.pid for root in roots if birth(root.pid) == root.birth}
    found: set[psutil.Process] = set()
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        if process.pid in pids or _group(process) in pids or _marked(process, mark):
            found.add(process)
            found.update(_descendants(process))
    return found


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        children: list[psutil.Process] = process.children(recursive=True)
    except psutil.Error:
        return []
    return children


def _group(process: psutil.Process) -> int | None:
    try:
        return os.getpgid(process.pid)
    except OSError:
        return None


def _marked(process: psutil.Process, mark: str) -> bool:
    try:
        value: str = process.environ().get(MARK, "")
    except (psutil.Error, OSError):
        return False
    return value == mark or value.startswith(f"{mark}.")


def _signal_group(group: int, number: int) -> None:
    for each in (number, signal.SIGCONT):
        try:
            os.killpg(group, each)
        except (ProcessLookupError, PermissionError):
            return


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
        process.send_signal(signal.SIGCONT)
    except psutil.Error:
        return


def _wait(processes: set[psutil.Process], limit_s: float, reap: Callable[[], object]) -> set[psutil.Process]:
    deadline = time.monotonic() + limit_s
    while True:
        reap()
        processes = {process for process in processes if _alive(process)}
        if not processes or time.monotonic() > deadline:
            return processes
        time.sleep(POLL_S)


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@cache
def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
