"""`python -m service.rolling FILE`: the service behind a socket that outlives it, for where no systemd holds one.

FILE holds DOCAICHE_ variables, one `NAME=value` a line. At SIGHUP it is read again: a second process is started with
what it says now, and when that one serves the first is drained, so no request fails. If it does not, the first one
stays. DOCAICHE_HOST and DOCAICHE_PORT are read at the start alone. SIGTERM ends both.
"""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from service.errors import ConfigurationError, NotReadyError, ServiceError, UsageError
from service.settings import PREFIX, load
from service.sockets import bound, ear

READY_S = 60.0
"""Longest that a new process may take until it serves."""
DRAINED_S = 30.0
"""Longest that an old one may take until it has ended: its drain, its requests' grace, its connections' closing."""
# A lent socket has the number 3, and its heir's own number stands beside it, which is known only once that one runs.
BEQUEATH = 'export LISTEN_PID=$$; exec "$@" 3<&0 </dev/null'
USAGE = "say which file holds the DOCAICHE_ variables, such as: python -m service.rolling /etc/docaiche.env"


def read(file: Path) -> dict[str, str]:
    """The variables of a file.

    Raises ConfigurationError for a line that sets none, or for a file that cannot be read.
    """
    try:
        lines = [line.strip() for line in file.read_text().splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}.") from error
    variables = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.partition("=")
        if not line or line.startswith("#"):
            continue
        if not equals or not name.startswith(PREFIX):
            # Without the line itself: it may hold a password.
            raise ConfigurationError(f"{file}, line {number}, is not {PREFIX}NAME=value.")
        variables[name] = value
    return variables


async def started(variables: Mapping[str, str], listener: socket.socket) -> Process:
    """Start a service on the socket and wait until it serves.

    Raises NotReadyError, having ended it, when it does not.
    """
    with TemporaryDirectory(prefix="docaiche-") as folder, ear(Path(folder) / "ready") as heard:
        lent = {"LISTEN_FDS": "1", "NOTIFY_SOCKET": str(Path(folder) / "ready")}
        process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", BEQUEATH, "sh", sys.executable, "-m", "service"),
            env={**os.environ, **variables, **lent},
            stdin=listener.fileno(),
        )
        ready = asyncio.ensure_future(asyncio.get_running_loop().sock_recv(heard, 4096))
        gone = asyncio.ensure_future(process.wait())
        await asyncio.wait({ready, gone}, timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
        serves, ended = ready.done(), gone.done()
        ready.cancel()
        gone.cancel()
        await asyncio.gather(ready, gone, return_exceptions=True)
    if ended:
        raise NotReadyError(f"the new process ended with exit code {process.returncode} before it served")
    if not serves:
        await drained(process, limit_s=0)
        raise NotReadyError(f"the new process did not serve within {READY_S:.0f} s and was ended")
    return process


async def drained(process: Process, limit_s: float = DRAINED_S) -> None:
    """Tell a process to drain and end; kill it when it takes longer than it may."""
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), limit_s)
    except TimeoutError:
        process.kill()
        await process.wait()


async def supervise(file: Path) -> None:
    """Serve, rolling at each SIGHUP, until told to stop.

    Raises ServiceError when the first process does not serve, or when the one that serves ends by itself.
    """
    wishes: asyncio.Queue[signal.Signals] = asyncio.Queue()
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, wishes.put_nowait, number)
    variables = read(file)
    settings = load(**{name.removeprefix(PREFIX).lower(): value for name, value in variables.items()})
    with bound(settings.host, settings.port) as listener:
        serving = await started(variables, listener)
        tell(f"process {serving.pid} serves")
        try:
            while await _wish(wishes, serving) is signal.SIGHUP:
                try:
                    heir = await started(read(file), listener)
                except ServiceError as error:
                    tell(f"{str(error).rstrip('.')}; process {serving.pid} goes on as it was")
                    continue
                tell(f"process {heir.pid} serves; draining {serving.pid}")
                former, serving = serving, heir
                await drained(former)
                tell(f"process {former.pid} has ended")
        finally:
            # Whoever connects from here on is refused at once, not left waiting for a process that will not come.
            listener.close()
            await drained(serving)


def tell(what: str) -> None:
    """One sentence for the operator."""
    sys.stderr.write(f"docaiche: {what}.\n")
    sys.stderr.flush()


def main() -> None:
    """Run it; what prevents it is one sentence and exit code 2."""
    try:
        if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
            raise UsageError(USAGE)
        asyncio.run(supervise(Path(sys.argv[1])))
    except ServiceError as error:
        tell(str(error).rstrip("."))
        sys.exit(2)


async def _wish(wishes: "asyncio.Queue[signal.Signals]", serving: Process) -> signal.Signals:
    """What the operator wants next. Raises NotReadyError when nobody serves any more."""
    wish, gone = asyncio.ensure_future(wishes.get()), asyncio.ensure_future(serving.wait())
    await asyncio.wait({wish, gone}, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if wish.done():
        return wish.result()
    wish.cancel()
    raise NotReadyError(f"process {serving.pid} ended by itself with exit code {serving.returncode}")


if __name__ == "__main__":
    main()
