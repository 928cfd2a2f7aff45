"""Everything that the lab starts is started here, so that everything is ended.

Promises: what `spawn`, `directory` and `adopt_container` made is gone after `close`, and gone within
seconds when the lab is killed.
"""

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import IO, Any, Self

from bench.errors import ProvisionError
from bench.lifetime.lease import STATE, Lease, end_process

_Stream = int | IO[Any] | None


class Custody:
    """The lab's processes, folders and containers; a context manager."""

    def __init__(self, lease: Lease, guard: "subprocess.Popen[bytes]") -> None:
        self._lease = lease
        self._guard = guard
        self._processes: dict[int, tuple[subprocess.Popen[bytes], signal.Signals, float]] = {}

    @classmethod
    def open(cls, state: Path = STATE) -> Self:
        """Begin a lease in `state` and start its guard.

        Raises ProvisionError when the lease cannot be written: without it the lab might leave debris.
        """
        try:
            lease = Lease.begin(state)
        except OSError as error:
            raise ProvisionError(
                f"the list of started processes cannot be kept in {state} ({error.strerror}); "
                "make it writable or set XDG_STATE_HOME."
            ) from error
        guard = subprocess.Popen(
            [sys.executable, "-m", "bench.lifetime.guard", str(lease.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return cls(lease, guard)

    def spawn(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: _Stream = subprocess.DEVNULL,
        stdout: _Stream = subprocess.DEVNULL,
        stderr: _Stream = subprocess.DEVNULL,
        pass_fds: Sequence[int] = (),
        user: str | None = None,
        stop: signal.Signals = signal.SIGTERM,
    ) -> "subprocess.Popen[bytes]":
        """Start a process in a group of its own; `stop` is the signal that asks it to end.

        `user` runs it as that user, which only root may ask. Raises OSError like Popen.
        """
        options: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
        process = subprocess.Popen(
            list(arguments),
            env=None if env is None else dict(env),
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            **options,
        )
        started = self._lease.add_process(process.pid, stop)
        self._processes[process.pid] = (process, stop, started)
        return process

    def directory(self, prefix: str, *, owner: str | None = None) -> Path:
        """Make a private folder (mode 0700), owned by `owner` when root asks so."""
        # Not mkdtemp: the lease must name the folder before it exists.
        path = Path(tempfile.gettempdir()) / f"perflab-{prefix}-{token_hex(6)}"
        self._lease.add(directory=str(path))
        path.mkdir(mode=0o700)
        if owner is not None:
            shutil.chown(path, owner, owner)
        return path

    def adopt_container(self, identity: str) -> None:
        """Remove this container, and its anonymous volumes, when the lab ends."""
        self._lease.add(container=identity)

    def end(self, pid: int) -> None:
        """End one process that was spawned here, and its group; idempotent."""
        if pid not in self._processes:
            return
        process, stop, started = self._processes.pop(pid)
        end_process(pid, started, stop)
        process.wait()

    def close(self) -> None:
        """End and remove everything, newest first; idempotent."""
        for pid in reversed(list(self._processes)):
            self.end(pid)
        self._lease.end()
        if self._guard.stdin is not None and not self._guard.stdin.closed:
            self._guard.stdin.close()
        self._guard.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
