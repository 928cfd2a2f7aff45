"""Custody: the one way in which the lab starts processes, makes folders and adopts containers."""

import errno
import logging
import os
import pwd
import secrets
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from bench.lifetime import containers, processes
from bench.lifetime.lease import Held, Lease
from bench.lifetime.settling import Settled, remove_folder, settle
from bench.lifetime.sweeping import STATE

ROOT = Path(__file__).resolve().parents[2]
Stream = int | IO[Any] | None

_log = logging.getLogger(__name__)


class Custody:
    """Everything made through it ends with it, and with the lab at the latest, however the lab ends.

    A context manager. Not for sharing with forked children: they inherit nothing of it.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._held: dict[int, tuple[Held, str]] = {}
        self._spawned = 0
        self._closed = False
        self._guard, self._pipe = _start_guard(lease)
        _open.add(self)

    @classmethod
    def open(cls, state_dir: Path | None = None) -> Self:
        """Open a lease in `state_dir` (default: the user's state folder) and start its guard.

        Raises ProvisionError when the folder cannot be written.
        """
        return cls(Lease.create(state_dir or STATE))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def spawn(
        self,
        args: Sequence[str | os.PathLike[str]],
        *,
        env: Mapping[str, str] | None = None,
        cwd: str | os.PathLike[str] | None = None,
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = None,
        stderr: Stream = None,
        pass_fds: Sequence[int] = (),
        user: str | None = None,
        stop: signal.Signals = signal.SIGTERM,
    ) -> subprocess.Popen[bytes]:
        """Start a program in a session of its own: no Ctrl-C of the terminal reaches it.

        `stop` is the signal that asks it to end; `user` the account it runs as, which takes root. Raises
        OSError when it cannot be started, and when custody is closed.
        """
        self._check_open()
        self._spawned += 1
        mark = f"{self._lease.token}.{self._spawned}"
        account = None if user is None else pwd.getpwnam(user)
        child = subprocess.Popen(
            args,
            env={**(os.environ if env is None else env), processes.MARK: mark},
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=pass_fds,
            start_new_session=True,
            user=None if account is None else account.pw_uid,
            group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
        )
        self._children[child.pid] = child
        # A child not yet waited for has a birth even when it is dead: its number cannot be another's.
        held = Held(child.pid, processes.birth(child.pid) or "", int(stop), Path(os.fspath(args[0])).name)
        self._held[child.pid] = held, mark
        self._lease.note(process={"pid": held.pid, "birth": held.birth, "stop": held.stop, "name": held.name})
        return child

    def end(self, pid: int, *, stop: signal.Signals | None = None, grace_s: float = processes.GRACE_S) -> int | None:
        """End one process and all that it started, now: asked by `stop`, killed after `grace_s`.

        Answers its exit code as subprocess does; None when it resists. A process that was not spawned here,
        or is ended already, is left alone.
        """
        if pid not in self._held:
            return None
        held, mark = self._held[pid]
        asked = held if stop is None else Held(held.pid, held.birth, int(stop), held.name)
        if processes.end([asked], mark, self._reap, grace_s=grace_s):
            return None
        self._lease.note(ended=pid)
        del self._held[pid]
        return self._children.pop(pid).wait()

    def directory(self, prefix: str, *, parent: Path | None = None) -> Path:
        """Make an empty folder that only this user may enter; it is removed with all that is put into it.

        Raises OSError when `parent` (default: the system's folder for temporary files) cannot be written,
        and when custody is closed.
        """
        self._check_open()
        path = (parent or Path(tempfile.gettempdir())).absolute() / f"{prefix}{secrets.token_hex(6)}"
        self._lease.note(folder=str(path))
        path.mkdir(mode=0o700)
        return path

    def remove(self, folder: Path) -> None:
        """Remove a folder made by `directory` before everything else ends."""
        settled = Settled()
        remove_folder(folder, settled)
        if not settled.left:
            self._lease.note(removed=str(folder))

    def container_labels(self) -> dict[str, str]:
        """The labels that every container of this lab must be created with: they are how it is found again."""
        self._lease.note(engine=containers.engine())
        return {containers.LABEL: self._lease.token}

    def close(self) -> None:
        """End everything. May be called again, also after an interruption; what resists stays on the lease."""
        if self._closed:
            return
        # No second look for containers: the lab itself is not in the middle of making one.
        settled = settle(self._lease, self._reap, looks=1)
        for thing in settled.left:
            _log.warning("could not end %s; `perflab clean` tries again", thing)
        if settled.left:
            self._lease.release()
        self._closed = True
        _open.discard(self)
        self._reap()
        os.close(self._pipe)
        self._guard.wait()

    def _check_open(self) -> None:
        if self._closed:
            raise OSError(errno.ESHUTDOWN, "custody is closed: nothing new may be started")

    def _reap(self) -> None:
        # A copy: another thread may be spawning.
        for child in list(self._children.values()):
            child.poll()

    def _disown(self) -> None:
        """Let go of the lease in a forked child, whose life must not be taken for the lab's."""
        self._closed = True
        self._lease.release()
        os.close(self._pipe)


def _start_guard(lease: Lease) -> tuple[subprocess.Popen[bytes], int]:
    reading, writing = os.pipe()
    environment = {name: value for name, value in os.environ.items() if name != processes.MARK}
    try:
        guard = subprocess.Popen(
            [sys.executable, "-m", "bench.lifetime.guard", lease.path, str(lease.descriptor)],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[lease.descriptor],
            env=environment,
            cwd=ROOT,
            start_new_session=True,
        )
    finally:
        os.close(reading)
    return guard, writing


_open: "weakref.WeakSet[Custody]" = weakref.WeakSet()


def _disown_all() -> None:
    for custody in list(_open):
        custody._disown()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_disown_all)
