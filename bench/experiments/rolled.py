"""The reference service behind a socket that outlives its processes, as an operator without systemd runs it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.errors import SubjectError
from bench.experiments.context import Bench
from bench.lifetime import free_port
from bench.model import Role
from bench.subject import Identity, identify, reference

NAME = "rolled"
REDIS_DATABASE = 3
"""Beside those of the three arms."""
LIMIT_S = 120.0
"""A roll takes the start of a process and the drain of another."""
POLL_S = 0.1


@dataclass(slots=True)
class Rolled:
    """A service that takes other knobs while it serves."""

    bench: Bench
    database_url: str
    file: Path
    port: int
    pid: int = 0
    """Of the supervisor."""

    @property
    def base_url(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.port}"

    def write(self, changes: Mapping[str, str]) -> Mapping[str, str]:
        """Write the settings of the candidate with some knobs changed; answer the knobs.

        Without the cache: every answer has to come from what is being changed.
        """
        knobs = {**self.bench.knobs[Role.CANDIDATE], "cache": "off", **changes}
        redis_url = self.bench.servers.redis_database(REDIS_DATABASE)
        command = reference(NAME, knobs, database_url=self.database_url, redis_url=redis_url)
        variables = {name: value.format(port=self.port) for name, value in command.environment.items()}
        self.file.touch(mode=0o600)
        self.file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
        return knobs

    async def roll(self, **changes: str) -> bool:
        """Serve with some of the candidate's knobs changed; whether the process that answers has them.

        Raises SubjectError when the process before is still there after LIMIT_S.
        """
        former = (await identify(NAME, self.base_url)).pid
        knobs = self.write(changes)
        os.kill(self.pid, signal.SIGHUP)
        try:
            async with asyncio.timeout(LIMIT_S):
                while psutil.pid_exists(former):  # noqa: ASYNC110 - another's child
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise SubjectError(f"{NAME}: the service was not replaced within {LIMIT_S:.0f} s.") from None
        return (await identify(NAME, self.base_url)).knobs == knobs


@asynccontextmanager
async def rolled(bench: Bench, database_url: str) -> AsyncIterator[Rolled]:
    """Start it with the candidate's knobs, the cache off; it ends with the block.

    Raises SubjectError when it does not serve.
    """
    folder = bench.custody.directory("perflab-rolled-")
    service = Rolled(bench, database_url, folder / "docaiche.env", free_port())
    service.write({})
    with (bench.logs / f"{NAME}.log").open("wb") as log:
        arguments = [sys.executable, "-m", "service.rolling", str(service.file)]
        process = bench.custody.spawn(arguments, stdout=log, stderr=log)
    service.pid = process.pid
    try:
        await _awaited(service)
        yield service
    finally:
        await asyncio.to_thread(bench.custody.end, process.pid)
        bench.custody.remove(folder)


async def _awaited(service: Rolled) -> Identity:
    for _ in range(int(LIMIT_S / POLL_S)):
        try:
            return await identify(NAME, service.base_url)
        except SubjectError:
            await asyncio.sleep(POLL_S)
    return await identify(NAME, service.base_url)
