"""Servers as children of the lab, from the programs that wheels bring: no rights and no engine needed."""

import asyncio
import secrets
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench.errors import ProvisionError
from bench.lifetime import Custody, free_port
from bench.provision.answering import redis_version
from bench.provision.binaries import postgres_programs, postgres_wheel, redis_program
from bench.provision.cluster import Cluster
from bench.provision.local import PORT_TAKEN, PORT_TRIES, last_words, lines
from bench.provision.servers import Kind, Redis, Servers

REDIS_READY_S = 15.0
POLL_S = 0.01


@asynccontextmanager
async def embedded(
    custody: Custody, settings: Mapping[str, str], snapshot: Path | None, reason: str
) -> AsyncIterator[Servers]:
    """Start Redis and PostgreSQL; both end with the context.

    Raises ProvisionError when one does not start.
    """
    async with AsyncExitStack() as stack:
        programs = await asyncio.to_thread(postgres_programs, custody, postgres_wheel())

        async def launch(settings: Mapping[str, str], snapshot: Path | None) -> Cluster:
            cluster = Cluster(custody, programs, settings)
            stack.push_async_callback(cluster.close)
            await cluster.start(snapshot)
            return cluster

        redis = await redis_server(custody, stack, secrets.token_urlsafe(24))
        yield Servers(Kind.EMBEDDED, reason, await launch(settings, snapshot), redis, launch)


async def redis_server(
    custody: Custody, stack: AsyncExitStack, password: str, settings: Callable[[], str] = str
) -> Redis:
    """Start one server; it ends with the stack.

    `settings` are lines of its configuration besides the usual ones, asked for anew for every port that is tried.
    Raises ProvisionError when it does not start.
    """
    program = redis_program()
    folder = custody.directory("perflab-redis-")
    stack.push_async_callback(asyncio.to_thread, custody.remove, folder)
    for _ in range(PORT_TRIES):
        port = free_port()
        process = _spawn(custody, program, folder, f"port {port}\nrequirepass {password}\n{settings()}")
        if await _ready(process, folder / "log"):
            stack.push_async_callback(asyncio.to_thread, custody.end, process.pid)
            url = f"redis://:{password}@127.0.0.1:{port}"
            return Redis(url, await redis_version(url), disposable=True, pids=(process.pid,))
        custody.end(process.pid)
        if PORT_TAKEN not in last_words(folder / "log"):
            break
    raise ProvisionError(f"{program} did not start: {last_words(folder / 'log')}")


def _spawn(custody: Custody, program: Path, folder: Path, settings: str) -> subprocess.Popen[bytes]:
    # A file, since the password must not stand in a command line that everybody may read.
    configuration = folder / "redis.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(
        f'bind 127.0.0.1\nprotected-mode yes\ndir {folder}\nsave ""\nappendonly no\ndaemonize no\n{settings}'
    )
    with (folder / "log").open("wb") as log:
        return custody.spawn([program, configuration], stdout=log, stderr=log, stop=signal.SIGTERM)


async def _ready(process: subprocess.Popen[bytes], log: Path) -> bool:
    """Wait until the server's own log says that it is ready; False when the server has ended."""
    deadline = time.monotonic() + REDIS_READY_S
    while process.poll() is None:
        if "Ready to accept connections" in "".join(lines(log)):
            return True
        if time.monotonic() > deadline:
            raise ProvisionError(f"Redis was not ready within {REDIS_READY_S:.0f} s: {last_words(log)}")
        await asyncio.sleep(POLL_S)
    return False
