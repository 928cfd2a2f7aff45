"""The machine and the software that measure, and what disturbs them.

Linux tells the most; what a system does not tell is None, never a made-up value.
"""

import os
import platform
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.model import Environment, SlotHealth

PACKAGES = (
    "asyncpg",
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "pydantic",
    "redis",
    "locust",
    "numpy",
    "scipy",
)


def describe(checkout: Path) -> Environment:
    """Describe this machine and the commit of `checkout`."""
    return Environment(
        host=platform.node(),
        os=_os_name(),
        kernel=platform.release(),
        machine=platform.machine(),
        cpu=_cpu_model(),
        cores=_usable_cores(),
        memory_bytes=psutil.virtual_memory().total,
        governor=_read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        virtualisation=_virtualisation(),
        python=platform.python_version(),
        commit=_git(checkout, "rev-parse", "HEAD"),
        dirty=None if (status := _git(checkout, "status", "--porcelain")) is None else bool(status),
        packages={name: version(name) for name in PACKAGES},
        load_average=os.getloadavg(),
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Cumulative counters of the machine at one moment; the difference of two is a SlotHealth."""

    total_s: float
    busy_s: float
    steal_s: float | None
    throttled_s: float | None
    own_s: float
    """CPU seconds of the lab, its servers, arms and generators, living or reaped."""
    cores: int

    @classmethod
    def take(cls, own: "OwnProcesses") -> "Snapshot":
        """Read the counters now."""
        cpu = psutil.cpu_times()
        total = sum(cpu) - getattr(cpu, "guest", 0.0) - getattr(cpu, "guest_nice", 0.0)
        idle = cpu.idle + getattr(cpu, "iowait", 0.0)
        steal = getattr(cpu, "steal", None)
        return cls(total, total - idle - (steal or 0.0), steal, _throttled_s(), own.cpu_s(), psutil.cpu_count() or 1)

    def until(self, later: "Snapshot") -> SlotHealth:
        """What disturbed the machine between this moment and `later`."""
        total = max(later.total_s - self.total_s, 1e-9)
        elapsed = total / self.cores
        others = (later.busy_s - self.busy_s) - (later.own_s - self.own_s)
        return SlotHealth(
            steal=None if self.steal_s is None or later.steal_s is None else (later.steal_s - self.steal_s) / total,
            throttled_s=None
            if self.throttled_s is None or later.throttled_s is None
            else later.throttled_s - self.throttled_s,
            neighbour_cores=max(others, 0.0) / elapsed,
        )


class OwnProcesses:
    """The CPU time of a set of process trees, which never falls when a member ends.

    A process's time includes that of the children it has waited for: PostgreSQL's parallel workers live for
    milliseconds, and nobody who looks at a slot's beginning and end sees one of them. Server processes that run
    as another user or in a container are found by `roots`; containers that are not children of the lab count as
    neighbours unless their processes are named here.
    """

    def __init__(self, roots: list[int] | None = None) -> None:
        self._roots = [os.getpid(), *(roots or [])]
        self._most_s = 0.0

    def add(self, pid: int) -> None:
        """Count the tree below `pid` from now on."""
        self._roots.append(pid)

    def cpu_s(self) -> float:
        """CPU seconds that the trees have used."""
        now_s = 0.0
        for process in self._members():
            with suppress(psutil.Error):
                now_s += sum(process.cpu_times()[:4])  # user, system, and both of the children waited for
        self._most_s = max(self._most_s, now_s)
        return self._most_s

    def _members(self) -> set[psutil.Process]:
        members: set[psutil.Process] = set()
        for pid in self._roots:
            try:
                root = psutil.Process(pid)
                members.add(root)
                members.update(root.children(recursive=True))
            except psutil.Error:
                continue
        return members


def _throttled_s() -> float | None:
    """Seconds for which this cgroup was held back (cgroup v2 `cpu.stat`, kernel's cgroup-v2 document)."""
    text = _read("/sys/fs/cgroup/cpu.stat")
    if text is None:
        return None
    counters = dict(line.split() for line in text.splitlines())
    return int(counters["throttled_usec"]) / 1e6 if "throttled_usec" in counters else None


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform(terse=True)


def _cpu_model() -> str:
    for line in (_read("/proc/cpuinfo") or "").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _virtualisation() -> str | None:
    flags = _read("/proc/cpuinfo") or ""
    if " hypervisor" not in flags:
        return None
    return _read("/sys/class/dmi/id/product_name") or "virtual machine"


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip() or None
    except OSError:
        return None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
