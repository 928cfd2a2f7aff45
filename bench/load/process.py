"""The generator's process as the lab sees it: started, told a slot, ended."""

import asyncio
import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from typing import IO, Any, Protocol, Self

from bench.errors import LoadError
from bench.load.messages import Command, Report, decode, encode, report

START_LIMIT_S = 60.0
"""Importing Locust takes a second; a Locust file may load its data."""
LAST_LINES = 6
LONGEST_LINE = 2**20


class Keeper(Protocol):
    """Who starts processes and sees to their end; `bench.lifetime.Custody` is one."""

    def spawn(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
        pass_fds: Sequence[int] = (),
    ) -> "subprocess.Popen[bytes]":
        """Start a program. Raises OSError."""

    def end(self, pid: int, *, stop: signal.Signals | None = None) -> int | None:
        """End a program that was started here and answer its exit code."""


class Generator:
    """A generator that runs. Made by `start`; once `play` has failed it must be ended."""

    def __init__(self, custody: Keeper, process: "subprocess.Popen[bytes]", said: IO[bytes]) -> None:
        self._custody = custody
        self._process = process
        self._said = said
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @classmethod
    async def start(cls, custody: Keeper, arguments: Sequence[str], environment: Mapping[str, str]) -> Self:
        """Start a generator and wait until its Locust file is loaded. Raises LoadError."""
        ours, theirs = socket.socketpair()
        # No name, so nothing to clean up: what the generator prints is read only to explain its death.
        said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end
        with theirs:
            try:
                process = custody.spawn(
                    [*arguments, "--fd", str(theirs.fileno())],
                    env=environment,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    pass_fds=[theirs.fileno()],
                )
            except OSError as error:
                ours.close()
                said.close()
                raise LoadError(f"The load generator cannot be started ({error.strerror}).") from error
        generator = cls(custody, process, said)
        generator._reader, generator._writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE)
        try:
            await generator._answer(START_LIMIT_S, "did not load its Locust file")
        except BaseException:
            generator.end()
            raise
        return generator

    async def play(self, command: Command, *, limit_s: float) -> Report:
        """Have one slot run. Raises LoadError when the generator reports an error, dies, or says nothing."""
        self._writer.write(encode(command))
        return report(await self._answer(limit_s, "did not end its slot"))

    def end(self) -> None:
        """End the process at once: what it has not written is of no use."""
        self._writer.close()
        self._custody.end(self._process.pid, stop=signal.SIGKILL)
        self._said.close()

    async def _answer(self, limit_s: float, failure: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(limit_s):
                line = await self._reader.readline()
        except TimeoutError:
            raise LoadError(f"The load generator {failure} within {limit_s:g} s{self._last_words()}") from None
        except ConnectionError:
            line = b""
        if not line.endswith(b"\n"):
            raise LoadError(f"The load generator {self._death()}{self._last_words()}")
        answer = decode(line)
        if "error" in answer:
            raise LoadError(answer["error"])
        return answer

    def _death(self) -> str:
        # The socket is closed by its end, so the process is gone, or about to be.
        code = self._custody.end(self._process.pid)
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def _last_words(self) -> str:
        self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, self._said.tell() - 8192))
        lines = [line.strip() for line in self._said.read().decode(errors="replace").splitlines() if line.strip()]
        return f": {' | '.join(lines[-LAST_LINES:])}" if lines else "; it printed nothing."
