"""The lease: one file per lab that says what it has made, as JSON lines that are only ever appended.

Promises: whoever holds the file open holds its lock, so a lease that can be claimed belongs to a lab that
is dead, and whose guard is dead too. The system gives the lock back when the last holder dies, whatever it
died of, and no process number has to be believed for that. One line is one write: a lab that is killed
while writing leaves at most an unreadable last line.
"""

import fcntl
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bench.errors import ProvisionError

SUFFIX = ".lease"


@dataclass(frozen=True, slots=True)
class Held:
    """A process that the lab started, and how it is asked to stop."""

    pid: int
    birth: str
    """From `processes.birth`: tells it from any other process that ever has the same number."""
    stop: int
    """Number of the signal that asks it to stop."""
    name: str


@dataclass(slots=True)
class Holdings:
    """What a lab has made and not yet ended."""

    lab: int = 0
    """The lab's process number, for people to read."""
    processes: dict[int, Held] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    engine: dict[str, str] | None = None
    """Where the lab's containers are: the environment variables that name the engine. None: it has none."""


class Lease:
    """An open lease, locked as long as anyone who inherited it lives."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.descriptor = descriptor

    @property
    def token(self) -> str:
        """The lab's random name, which its processes carry in their environment and its containers as a label."""
        return self.path.stem

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Open a lease of this process in `folder`, which is made when it is missing.

        Raises ProvisionError when the folder cannot be written.
        """
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            while True:
                path = folder / f"{secrets.token_hex(8)}{SUFFIX}"
                descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if path.exists():  # else a sweep took the unlocked file for a dead lab's
                    break
                os.close(descriptor)
        except OSError as error:
            raise ProvisionError(
                f"{folder} cannot be written ({error.strerror}); the lab notes there what it must clean up: "
                "make it writable, or point XDG_STATE_HOME at a folder that is."
            ) from error
        lease = cls(path, descriptor)
        lease.note(lab=os.getpid())
        return lease

    @classmethod
    def claim(cls, path: Path) -> Self | None:
        """Take over a lease; None while its lab or its guard lives, or when it is not this user's."""
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
        except OSError:
            return None
        # Sweeping as root must not do what another user wrote into a file.
        if os.fstat(descriptor).st_uid == os.geteuid() and _lock(descriptor):
            return cls(path, descriptor)
        os.close(descriptor)
        return None

    def note(self, **entry: Any) -> None:
        """Append one line. Raises OSError when the disk is full."""
        os.write(self.descriptor, json.dumps(entry).encode() + b"\n")

    def holdings(self) -> Holdings:
        """Read what the lab has made and not yet ended, in the order in which it was made."""
        held = Holdings()
        text = os.pread(self.descriptor, os.fstat(self.descriptor).st_size, 0)
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            _apply(entry, held)
        return held

    def discard(self) -> None:
        """Remove the file: everything in it has been ended."""
        self.note(closed=True)
        self.path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        """Close the file without removing it; the lock stays with whoever else has it open."""
        os.close(self.descriptor)
        self.descriptor = -1  # its number may be another file's by now: a late note must not land there


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _apply(entry: dict[str, Any], held: Holdings) -> None:
    match entry:
        case {"lab": pid}:
            held.lab = pid
        case {"process": process}:
            started = Held(**process)
            held.processes[started.pid] = started
        case {"ended": pid}:
            held.processes.pop(pid, None)
        case {"folder": folder}:
            held.folders.append(folder)
        case {"removed": folder} if folder in held.folders:
            held.folders.remove(folder)
        case {"engine": environment}:
            held.engine = environment
        case {"closed": True}:
            held.processes, held.folders, held.engine = {}, [], None
