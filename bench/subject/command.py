"""Start any service by its command and wait until it is ready.

Promises: the service listens on a free loopback port chosen here, its output goes to a log file, and it
ends with the lab. A service that dies or never gets ready is a SubjectError with its last log lines.
"""

import asyncio
import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import psutil

from bench.errors import SubjectError
from bench.lifetime import Custody, free_port

START_LIMIT_S = 30.0
"""A service that needs longer to get ready than this is taken for stuck."""
POLL_S = 0.02
LOG_LINES = 8
PORT_TRIES = 3


@dataclass(frozen=True, slots=True)
class Command:
    """How to start a service; `{port}` in the arguments and in environment values becomes the port."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_path: str = "/health/ready"
    folder: Path | None = None
    """Where it is started; None: where the lab stands."""

    def having(self, environment: Mapping[str, str]) -> "Command":
        """The same with these variables, too."""
        return replace(self, environment={**self.environment, **environment})

    def shown(self) -> str:
        """The command as a person would type it, without the environment, which may hold secrets."""
        return " ".join(self.arguments)


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers."""

    base_url: str
    pid: int
    log: Path


async def start(command: Command, custody: Custody, folder: Path) -> Running:
    """Start a service and wait until its ready path answers 200.

    Raises SubjectError when it ends, or does not answer within START_LIMIT_S.
    """
    for attempt in range(1, PORT_TRIES + 1):
        port = free_port()
        log = folder / f"{command.name}-{port}.log"
        process = _spawn(command, custody, port, log)
        base_url = f"http://127.0.0.1:{port}"
        try:
            await _wait_until_ready(command, process, base_url, log)
        except BaseException as error:
            # One that is late would come up beside what is measured next.
            custody.end(process.pid)
            # Between our look for a free port and the service's bind another program may have taken it.
            taken = isinstance(error, SubjectError) and "address already in use" in last_lines(log).lower()
            if taken and attempt < PORT_TRIES:
                continue
            raise
        return Running(base_url, process.pid, log)
    raise AssertionError  # pragma: no cover - the loop returns or raises


def _spawn(command: Command, custody: Custody, port: int, log: Path) -> "subprocess.Popen[bytes]":
    def filled(text: str) -> str:
        return text.replace("{port}", str(port))

    environment = {**os.environ, **{key: filled(value) for key, value in command.environment.items()}}
    try:
        with log.open("wb") as output:
            return custody.spawn(
                [filled(argument) for argument in command.arguments],
                env=environment,
                cwd=command.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
    except OSError as error:
        raise SubjectError(
            f"{command.name}: `{command.shown()}` cannot be started ({error.strerror}); check the command."
        ) from error


async def _wait_until_ready(command: Command, process: "subprocess.Popen[bytes]", base_url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    answer = "no answer"
    async with httpx.AsyncClient(base_url=base_url, timeout=2.0, trust_env=False) as client:
        while time.monotonic() < deadline:
            if (code := process.poll()) is not None:
                raise SubjectError(f"{command.name} ended with exit code {code} at start: {last_lines(log)}")
            try:
                response = await client.get(command.ready_path)
            except httpx.TransportError:
                await asyncio.sleep(POLL_S)
                continue
            # Somebody else's service may answer on this port, and ours be about to fail to bind it.
            if response.status_code == httpx.codes.OK and _listens(process.pid, int(response.url.port or 0)):
                return
            answer = f"status {response.status_code}"
            await asyncio.sleep(POLL_S)
    raise SubjectError(
        f"{command.name} was not ready within {START_LIMIT_S:.0f} s ({command.ready_path}: {answer}): {last_lines(log)}"
    )


def _listens(pid: int, port: int) -> bool:
    """Whether the process, or one that it started, listens on the port."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        held = [connection for process in family for connection in process.net_connections("tcp")]
    except psutil.Error:
        return False
    return any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in held)


def is_alive(running: Running) -> bool:
    """Whether the process that was started still runs."""
    try:
        return bool(psutil.Process(running.pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def last_lines(log: Path) -> str:
    """What a service printed last, in one line."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return " | ".join(lines[-LOG_LINES:]) or "it printed nothing"
