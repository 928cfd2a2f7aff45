"""The lease: a file of JSON lines that names everything a lab has started, and how to end it all.

Whoever finds a lease whose lab is dead may end what it lists. A process is ended only if it still has the
start time that was written: process ids are used again.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from platformdirs import user_state_path

STATE: Path = user_state_path("perflab") / "leases"
GRACE_S = 5.0
"""How long a process may take to end by itself before it is killed."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One lab's file."""

    path: Path

    @classmethod
    def begin(cls, folder: Path) -> "Lease":
        """Write the lease of the calling process.

        Raises OSError when the folder cannot be written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lease = cls(folder / f"{os.getpid()}-{os.urandom(4).hex()}.jsonl")
        lease.add(lab=os.getpid(), started=_started(os.getpid()))
        return lease

    def add(self, **entry: Any) -> None:
        """Append one entry; a line is written whole or not at all."""
        with self.path.open("a") as file:
            file.write(json.dumps(entry) + "\n")

    def add_process(self, pid: int, stop: signal.Signals) -> float:
        """Append a process, the leader of its own group, and the signal that asks it to end.

        Answers the process's start time.
        """
        started = _started(pid)
        self.add(process=pid, started=started, stop=int(stop))
        return started

    def is_orphaned(self) -> bool:
        """Whether the lab that wrote this is dead."""
        first = next(self.entries(), None)
        return first is None or not _alive(first["lab"], first["started"])

    def entries(self) -> Iterator[dict[str, Any]]:
        """All entries; a last line cut off by a crash is passed over."""
        try:
            lines = self.path.read_text().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            with contextlib.suppress(ValueError):
                yield json.loads(line)

    def end(self) -> list[str]:
        """End and remove everything listed, newest first, then the lease; answer what was there, in words."""
        ended = []
        for entry in reversed(list(self.entries())):
            if "process" in entry and end_process(entry["process"], entry["started"], entry["stop"]):
                ended.append(f"ended process {entry['process']}.")
            elif "container" in entry and _remove_container(entry["container"]):
                ended.append(f"removed container {entry['container'][:12]}.")
            elif "directory" in entry and Path(entry["directory"]).exists():
                shutil.rmtree(entry["directory"], ignore_errors=True)
                ended.append(f"removed folder {entry['directory']}.")
        self.path.unlink(missing_ok=True)
        return ended


def sweep(folder: Path = STATE) -> list[str]:
    """End what dead labs left behind; answer what was done, in words."""
    leases = [Lease(path) for path in sorted(folder.glob("*.jsonl"))]
    return [line for lease in leases if lease.is_orphaned() for line in lease.end()]


def end_process(pid: int, started: float, stop: int) -> bool:
    """End a process and its whole group: `stop` first, SIGKILL after GRACE_S; answer whether it was alive.

    Members of the group are ended even where their leader is already gone.
    """
    alive = _alive(pid, started)
    members = _group(pid, started)
    if not alive and not members:
        return False
    if alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, stop)
        with contextlib.suppress(psutil.Error):
            psutil.wait_procs([psutil.Process(pid)], timeout=GRACE_S)
    for member in _group(pid, started):
        with contextlib.suppress(psutil.Error):
            member.kill()
    return True


def _group(leader: int, started: float) -> list[psutil.Process]:
    """The processes of the group that `leader` founded: none of them can be older than it."""
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            zombie = process.status() == psutil.STATUS_ZOMBIE
            if os.getpgid(process.pid) == leader and process.create_time() >= started - 1e-2 and not zombie:
                members.append(process)
    return members


def _alive(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1e-2 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _started(pid: int) -> float:
    return float(psutil.Process(pid).create_time())


def _remove_container(identity: str) -> bool:
    done = subprocess.run(["docker", "rm", "-f", "-v", identity], capture_output=True, check=False)
    return done.returncode == 0
