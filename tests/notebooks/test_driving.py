"""Cells that measure: `Lab` in a real kernel, with real servers."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import store
from bench.errors import UsageError
from bench.lab import Lab
from bench.model import Status
from bench.report.notebooks import _kernel_of_this_environment
from tests.lab.conftest import TINY

LIMIT_S = 180.0
ROOT = Path(__file__).parents[2]


@dataclass
class Kernel:
    """A kernel, and where its runs go."""

    manager: Any
    client: Any
    reports: Path
    spec: Path

    def run(self, **options: object) -> str:
        """Begin a run in a cell."""
        told = "".join(f", {name}={value!r}" for name, value in options.items())
        return str(
            self.client.execute(
                "from bench import Lab\n"
                f"with Lab(services='embedded', reports={str(self.reports)!r}) as lab:\n"
                f"    found = lab.run({str(self.spec)!r}{told})\n"
                "print(found.folder)\n"
            )
        )

    async def ended(self, message: str) -> dict[str, Any]:
        """How a cell ended."""
        while True:
            reply: dict[str, Any] = await self.client.get_shell_msg(timeout=LIMIT_S)
            if reply["parent_header"].get("msg_id") == message:
                content: dict[str, Any] = reply["content"]
                return content

    @property
    def pid(self) -> int:
        """Of the kernel."""
        return int(self.manager.provisioner.process.pid)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait."""
        async with asyncio.timeout(LIMIT_S):
            while not true():
                await asyncio.sleep(0.1)

    @property
    def children(self) -> list[psutil.Process]:
        """Every process below the kernel."""
        return psutil.Process(self.pid).children(recursive=True)

    def measured(self) -> bool:
        """Whether the run has kept a block of slots."""
        runs = [store.load(path.parent) for path in self.reports.glob("*/run.json")]
        return any(experiment.slots for run in runs for experiment in run.experiments.values())


@pytest.fixture
async def kernel(tmp_path: Path) -> AsyncIterator[Kernel]:
    """A kernel of this environment."""
    spec = tmp_path / "tiny.toml"
    spec.write_text(TINY)
    manager = _kernel_of_this_environment()()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(tmp_path / "state")}
    await manager.start_kernel(env=environment, cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    yield Kernel(manager, client, tmp_path / "reports", spec)
    client.stop_channels()
    await manager.shutdown_kernel(now=True)


@pytest.mark.slow
@pytest.mark.servers
async def test_a_cell_runs_an_experiment(kernel: Kernel) -> None:
    """And the kernel holds nothing of it afterwards: no server, no load generator."""
    reply = await kernel.ended(kernel.run(only=["query_time"], budget=8, seed=3))
    assert reply["status"] == "ok", reply
    (folder,) = [path for path in kernel.reports.iterdir() if path.is_dir() and not path.is_symlink()]
    assert store.load(folder).experiments["query_time"].status is Status.COMPLETE
    assert kernel.children == []


@pytest.mark.slow
@pytest.mark.servers
async def test_the_stop_button_leaves_a_partial_result(kernel: Kernel) -> None:
    """What was measured until then is answered to the cell, and its servers are gone."""
    message = kernel.run(only=["response_time"], budget=60, seed=3)
    await kernel.until(kernel.measured)
    await kernel.manager.interrupt_kernel()
    reply = await kernel.ended(message)
    assert reply["status"] == "ok", reply
    (folder,) = [path for path in kernel.reports.iterdir() if path.is_dir() and not path.is_symlink()]
    assert store.load(folder).experiments["response_time"].status is Status.PARTIAL
    assert kernel.children == []


@pytest.mark.slow
@pytest.mark.servers
async def test_a_kernel_that_is_killed_leaves_no_server(kernel: Kernel) -> None:
    """Whatever it had started ends soon after it."""
    kernel.run(only=["response_time"], budget=60, seed=3)
    await kernel.until(kernel.measured)
    started = kernel.children
    assert len(started) >= 3
    os.kill(kernel.pid, signal.SIGKILL)
    await kernel.until(lambda: not [each for each in started if each.is_running() and each.status() != "zombie"])


@pytest.mark.parametrize(
    ("options", "says"),
    [({"only": ["query_tim"]}, "did you mean `query_time`"), ({"only": "query_time"}, r'only=\["query_time"\]')],
)
def test_what_a_user_mistypes_is_one_sentence(options: dict[str, Any], says: str, tmp_path: Path) -> None:
    """Before anything is started."""
    with Lab(reports=tmp_path) as lab, pytest.raises(UsageError, match=says):
        lab.run(**options)
    assert list(tmp_path.iterdir()) == []
