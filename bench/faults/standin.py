"""The stand-in's process as the lab sees it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import httpx

from bench.errors import ProvisionError
from bench.faults.fault import Counts, Fault
from bench.lifetime import Custody

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 30.0
CONTROL_LIMIT_S = 10.0
LAST_LINES = 6


class StandIn:
    """A stand-in that runs."""

    def __init__(self, url: str, pid: int, control: httpx.AsyncClient) -> None:
        self.url = url
        self.pid = pid
        self._control = control

    async def put(self, fault: Fault) -> None:
        """Let this be wrong from now on; what hung is answered. Raises ProvisionError."""
        await self._asked("POST", fault.model_dump_json())

    async def mend(self) -> None:
        """Let nothing be wrong. Raises ProvisionError."""
        await self.put(Fault())

    async def counts(self) -> Counts:
        """What became of the requests until now. Raises ProvisionError."""
        return Counts(**(await self._asked("GET")).json()["counts"])

    async def _asked(self, method: str, body: str | None = None) -> httpx.Response:
        try:
            response = await self._control.request(method, "/faults", content=body)
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise ProvisionError(f"The stand-in for Weaviate at {self.url} does not obey: {error}") from error
        return response


@asynccontextmanager
async def standing_in(
    custody: Custody, documents: Path, *, base_latency_s: float = 0.0, key: str | None = None
) -> AsyncIterator[StandIn]:
    """Start a stand-in for Weaviate that answers from these documents (JSON lines); it ends with the context.

    `key` is the Bearer key that it wants. Raises ProvisionError when it does not start.
    """
    folder = await asyncio.to_thread(custody.directory, "perflab-weaviate-")
    try:
        process = _spawn(custody, folder / "log", documents, base_latency_s, key)
        try:
            url = f"http://127.0.0.1:{await _port(process, folder / 'log')}"
            # A path of its own to the process: calls that hang must not keep the lab from ending them.
            async with httpx.AsyncClient(base_url=url, timeout=CONTROL_LIMIT_S, trust_env=False) as control:
                yield StandIn(url, process.pid, control)
        finally:
            await asyncio.to_thread(custody.end, process.pid)
            _said(process).close()
    finally:
        await asyncio.to_thread(custody.remove, folder)


def _spawn(
    custody: Custody, log: Path, documents: Path, base_latency_s: float, key: str | None
) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "bench.faults.weaviate", "--documents", str(documents.absolute())]
    with log.open("wb") as file:
        return custody.spawn(
            [*command, "--base-latency-s", str(base_latency_s)],
            env={**os.environ, **({} if key is None else {"PERFLAB_WEAVIATE_KEY": key})},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=file,
            # It has nothing to lose, and would wait for whatever hangs.
            stop=signal.SIGKILL,
        )


async def _port(process: "subprocess.Popen[bytes]", log: Path) -> int:
    try:
        async with asyncio.timeout(START_LIMIT_S):
            line = await asyncio.to_thread(_said(process).readline)
    except TimeoutError:
        line = b""
    if not line.strip().isdigit():
        raise ProvisionError(f"The stand-in for Weaviate did not start: {_last_words(log)}")
    return int(line)


def _last_words(log: Path) -> str:
    lines = [text.strip() for text in log.read_text(errors="replace").splitlines() if text.strip()]
    return " | ".join(lines[-LAST_LINES:]) or "it printed nothing"


def _said(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout
