"""What an operator does at `python -m service.rolling`: write the settings, send a signal, read what it says."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from bench.lifetime import Custody, free_port

LIMIT_S = 60.0
"""So that a test that would hang fails instead."""
SERVES = re.compile(r"process (\d+) serves")


class Operator:
    """A supervisor with its settings file; an async context manager."""

    def __init__(self, custody: Custody, folder: Path, settings: Mapping[str, str]) -> None:
        self._custody = custody
        self.file = folder / "docaiche.env"
        self._said = folder / "said"
        self.settings = {"host": "127.0.0.1", "port": str(free_port()), "log_level": "warning", **settings}
        self.pid = 0
        """Of the supervisor."""

    async def __aenter__(self) -> Self:
        self.write()
        with self._said.open("wb") as said:
            command = [sys.executable, "-m", "service.rolling", str(self.file)]
            self.pid = self._custody.spawn(command, stdout=said, stderr=said).pid
        await self.heard(SERVES.pattern)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    async def end(self, stop: signal.Signals = signal.SIGTERM) -> int | None:
        """End the supervisor and its processes; the exit code."""
        return await asyncio.to_thread(self._custody.end, self.pid, stop=stop, grace_s=LIMIT_S)

    @property
    def url(self) -> str:
        """Where the service is."""
        return f"http://127.0.0.1:{self.settings['port']}"

    @property
    def serving(self) -> int:
        """The process that serves now."""
        return int(SERVES.findall(self.said)[-1])

    @property
    def said(self) -> str:
        """All that was written to the terminal up to now."""
        return self._said.read_text()

    def write(self, **changes: str) -> None:
        """Write the settings, some of them changed."""
        self.settings |= changes
        self.file.write_text("".join(f"DOCAICHE_{name.upper()}={value}\n" for name, value in self.settings.items()))

    async def roll(self, **changes: str) -> None:
        """Serve with changed settings; returns when the process before has ended."""
        former = self.serving
        self.write(**changes)
        os.kill(self.pid, signal.SIGHUP)
        await self.heard(rf"process {former} has ended")

    async def heard(self, pattern: str) -> None:
        """Wait until the terminal shows it."""
        async with asyncio.timeout(LIMIT_S):
            while not re.search(pattern, self.said):  # noqa: ASYNC110 - a file has no event
                await asyncio.sleep(0.02)
