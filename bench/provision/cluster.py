"""One embedded PostgreSQL: a data folder of its own, a server process, a random password.

Promises: it listens on 127.0.0.1 alone and on no Unix socket; every connection needs the password, which
stands in no command line and, after the start, in no file; it is ready when its own lock file says so, so
that no other server on the same port is ever taken for it.
"""

import asyncio
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from bench.errors import ProvisionError
from bench.lifetime import Custody, free_port
from bench.provision import databases, snapshots
from bench.provision.answering import postgres_version
from bench.provision.binaries import Programs
from bench.provision.local import PORT_TAKEN, PORT_TRIES, last_words, lines
from bench.provision.settings import arguments

READY_S = 30.0
STOP_S = 60.0
"""A clean stop writes all dirty buffers; no disk needs longer for what a lab holds."""
POLL_S = 0.01
STATUS_LINE = 7
"""Line of postmaster.pid, from 0, that says `ready` (PostgreSQL, src/include/utils/pidfile.h)."""
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
"""PostgreSQL's own Unicode rules: the same order and the same words on every machine."""


class Cluster:
    """A `Postgres` that runs as a child of the lab."""

    def __init__(self, custody: Custody, programs: Programs, settings: Mapping[str, str]) -> None:
        self._custody = custody
        self._programs = programs
        self._settings = dict(settings)
        self._folder = custody.directory("perflab-postgres-")
        programs.give(self._folder)
        self._data = self._folder / "data"
        self._password = secrets.token_urlsafe(24)
        self._port = 0
        self._pid: int | None = None
        self.restored = False
        self.version = programs.version

    async def start(self, snapshot: Path | None = None) -> None:
        """Start from a copy of the snapshot where there is a usable one, else empty.

        Raises ProvisionError when the server does not start, with its last words.
        """
        if snapshot is not None:
            self.restored = await snapshots.restore(snapshot, self._data, self._custody, self._programs)
        if self.restored:
            await self._set_password()
        else:
            await self._initialise()
        await self._serve()

    @property
    def pids(self) -> tuple[int, ...]:
        """The server's process; its backends are its children."""
        return () if self._pid is None else (self._pid,)

    def dsn(self, database: str | None = None) -> str:
        """URL of a database, password included; without a name, of `postgres`."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self._port}/{database or 'postgres'}"

    async def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database and answer its URL. Raises ProvisionError when the server refuses."""
        await databases.create(self.dsn(), name, template=template)
        return self.dsn(name)

    async def drop_database(self, name: str) -> None:
        """Drop a database. Raises ProvisionError when the server refuses."""
        await databases.drop(self.dsn(), name)

    async def restart(self) -> None:
        """Stop cleanly and start again, if it can be on the same port. Raises ProvisionError."""
        await self._stop_cleanly()
        await self._serve()

    async def snapshot(self, folder: Path) -> bool:
        """Stop cleanly, keep a copy of the data in `folder`, start again. Raises ProvisionError."""
        await self._stop_cleanly()
        await snapshots.save(self._data, folder, self._custody, self._programs)
        await self._serve()
        return True

    async def close(self) -> None:
        """End the server at once and remove its data."""
        if self._pid is not None:
            await asyncio.to_thread(self._custody.end, self._pid)
            self._pid = None
        await asyncio.to_thread(self._custody.remove, self._folder)

    async def _initialise(self) -> None:
        secret = self._folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(self._password)
        self._programs.give(secret)
        await self._run(
            "initdb",
            *("-D", str(self._data), "--username=postgres", f"--pwfile={secret}"),
            *("--auth-local=reject", "--auth-host=scram-sha-256", "--no-sync", "--no-instructions", *LOCALE),
        )
        secret.unlink()

    async def _set_password(self) -> None:
        # Single-user mode: no listening socket, so nobody else can be first.
        statement = f"ALTER ROLE postgres PASSWORD '{self._password}'\n"
        await self._run("postgres", "--single", "-D", str(self._data), "-c", "fsync=off", "postgres", text=statement)

    async def _run(self, program: str, *words: str, text: str = "") -> None:
        """Run a program to its end; its output goes to the log. Raises ProvisionError when it fails."""
        process = self._spawn(program, *words, stdin=subprocess.PIPE)
        await asyncio.to_thread(process.communicate, text.encode())
        self._custody.end(process.pid)
        if process.returncode != 0:
            raise ProvisionError(f"{program} failed with exit code {process.returncode}: {self._last_words()}")

    async def _serve(self) -> None:
        for attempt in range(1, PORT_TRIES + 1):
            self._port = self._port if attempt == 1 and self._port else free_port()
            process = self._spawn(
                "postgres",
                *("-D", str(self._data), "-p", str(self._port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                *arguments(self._settings),
            )
            self._pid = process.pid
            if await self._ready(process):
                self.version = await postgres_version(self.dsn())
                return
            self._custody.end(process.pid)
            if attempt == PORT_TRIES or PORT_TAKEN not in self._last_words():
                raise ProvisionError(f"PostgreSQL did not start: {self._last_words()}")

    async def _ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until the server's lock file says that it is ready; False when the server has ended."""
        deadline = time.monotonic() + READY_S
        while process.poll() is None:
            lock = lines(self._data / "postmaster.pid")
            if len(lock) > STATUS_LINE and int(lock[0]) == process.pid and lock[STATUS_LINE].strip() == "ready":
                return True
            if time.monotonic() > deadline:
                raise ProvisionError(f"PostgreSQL was not ready within {READY_S:.0f} s: {self._last_words()}")
            await asyncio.sleep(POLL_S)
        return False

    async def _stop_cleanly(self) -> None:
        if self._pid is None:
            return
        code = await asyncio.to_thread(self._custody.end, self._pid, stop=signal.SIGINT, grace_s=STOP_S)
        self._pid = None
        if code != 0:
            raise ProvisionError(f"PostgreSQL did not stop cleanly (exit code {code}): {self._last_words()}")

    def _spawn(self, program: str, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        # Nothing of the user's environment: PGPORT, PGOPTIONS and their like would change the server.
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        with (self._folder / "log").open("ab") as log:
            return self._custody.spawn(
                [self._programs.path(program), *words],
                env=environment,
                cwd=self._folder,
                stdin=stdin,
                stdout=log,
                stderr=log,
                user=self._programs.account,
                stop=signal.SIGQUIT,  # at once, without a checkpoint: the data is about to be removed
            )

    def _last_words(self) -> str:
        return last_words(self._folder / "log")
