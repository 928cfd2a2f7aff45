"""Cells that measure: `Lab` in a real kernel, with real servers."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import store
from bench.errors import UsageError
from bench.lab import NOTEBOOKS, Lab
from bench.model import Status
from bench.report import notebooks
from bench.report.notebooks import _kernel_of_this_environment
from tests.lab.conftest import TINY

LIMIT_S = 180.0
OWN = """
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
async def page() -> int:
    return 1
"""
SERVE = f"{sys.executable} -m uvicorn own:app --port {{port}} --log-level warning"
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

    def kept(self) -> bool:
        """Whether any run has kept anything."""
        return any(store.load(path.parent).experiments for path in self.reports.glob("*/run.json"))

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
    await kernel.until(lambda: not [each for each in started if _lives(each)])


def _lives(process: psutil.Process) -> bool:
    """It may end between two questions."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
@pytest.mark.servers
async def test_a_service_from_a_cell_ends_with_the_lab(kernel: Kernel) -> None:
    """It answers while the lab is open, and nothing of it runs afterwards."""
    message = kernel.client.execute(
        "import urllib.request\n"
        "from bench import Lab\n"
        f"with Lab(services='embedded', reports={str(kernel.reports)!r}) as lab:\n"
        "    url = lab.serve(knobs={'cache': 'off'}, documents=1000)\n"
        "    told = urllib.request.urlopen(url + '/identity').read().decode()\n"
        "assert '\"cache\":\"off\"' in told.replace(' ', ''), told\n"
    )
    reply = await kernel.ended(message)
    assert reply["status"] == "ok", reply
    assert kernel.children == []


@pytest.mark.slow
async def test_a_comparison_that_is_stopped_names_what_it_kept(kernel: Kernel) -> None:
    """The cell gets a comparison without a verdict, and its folder holds the pairs until then."""
    (kernel.reports.parent / "own.py").write_text(OWN)
    message = kernel.client.execute(
        "from bench import Lab\n"
        f"lab = Lab(services='embedded', reports={str(kernel.reports)!r})\n"
        f"serve = {SERVE!r}\n"
        "found = lab.compare(f'cmd:N=1 {serve}', f'cmd:N=2 {serve}', paths=('/',), budget_s=120, rate=100, slot_s=1.0, restart=False)\n"
        "assert found.run.experiments, found.run\n"
        "assert str(found.folder) in found._repr_html_() or found.run.comparison is not None\n"
    )
    await kernel.until(kernel.kept)
    await kernel.manager.interrupt_kernel()
    reply = await kernel.ended(message)
    assert reply["status"] == "ok", reply
    assert kernel.children == []


@pytest.mark.slow
@pytest.mark.servers
def test_a_notebook_measures_anew(tmp_path: Path) -> None:
    """Driving 03 in a real kernel: a new run with the queries' figures, shown on its page."""
    (tmp_path / "tiny.toml").write_text(TINY)
    told = {
        "drive": True, "spec": str(tmp_path / "tiny.toml"), "only": ["query_time"], "budget": 8,
        "reports": str(tmp_path / "reports"),
    }  # fmt: skip
    (page,) = notebooks.execute_all([NOTEBOOKS / "03_query_speed.ipynb"], tmp_path / "pages", parameters=told)
    assert store.load(tmp_path / "reports" / "latest").experiments["query_time"].status is Status.COMPLETE
    assert "pages are read instead of" in page.read_text()
    assert "data:image/png;base64," in page.read_text()


@pytest.mark.slow
def test_one_s_own_service_gets_a_verdict_in_a_notebook(tmp_path: Path) -> None:
    """Driving 11 in a real kernel: from the file that a cell writes to a comparison, in no folder of the checkout's."""
    told = {"drive": True, "budget": 40, "restart": False, "reports": str(tmp_path / "reports")}
    (page,) = notebooks.execute_all([NOTEBOOKS / "11_bring_your_own_service.ipynb"], tmp_path, parameters=told)
    found = store.load(tmp_path / "reports" / "latest").comparison
    assert found is not None
    assert found.ratio < 1
    assert str(found.verdict) in page.read_text()
    assert "A/A" in page.read_text()
    assert not (NOTEBOOKS / "own.py").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [({"only": ["query_tim"]}, "did you mean `query_time`"), ({"only": "query_time"}, r'only=\["query_time"\]')],
)
def test_what_a_user_mistypes_is_one_sentence(options: dict[str, Any], says: str, tmp_path: Path) -> None:
    """Before anything is started."""
    with Lab(reports=tmp_path) as lab, pytest.raises(UsageError, match=says):
        lab.run(**options)
    assert list(tmp_path.iterdir()) == []
