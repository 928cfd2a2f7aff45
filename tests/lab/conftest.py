"""The command line on a tiny spec: real servers, real load, half a minute of it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from bench import store
from bench.corpus import harvest, version
from bench.lifetime import sweep
from bench.model import RunRecord

ROOT = Path(__file__).parents[2]
LIMIT_S = 600.0
"""Against hanging alone: a busy machine takes several times as long as a quiet one."""
TINY = """
name = "tiny"
[corpus]
documents = 1000
[workload]
operations = 500
probe_s = 0.6
warmup_s = 0.5
[experiments.response_time]
budget_s = 41
slot_s = 2
discard_s = 0.2
[experiments.query_time]
budget_s = 5
slot_s = 0.15
discard_s = 0
[criteria]
response_time = {}
query_time = {}
breaker_prevention = {}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The last line of standard error, once it is clear that nobody was shown a traceback."""
        assert "Traceback" not in self.err + self.out, self.err + self.out
        return self.err.strip().splitlines()[-1] if self.err.strip() else ""


@dataclass
class Perflab:
    """`perflab`, always with the same folder of reports and caches of its own."""

    folder: Path
    environment: dict[str, str]
    processes: "list[subprocess.Popen[str]]" = field(default_factory=list)

    @property
    def reports(self) -> Path:
        """Where its runs go."""
        return self.folder / "reports"

    @property
    def spec(self) -> Path:
        """The tiny spec."""
        return self.folder / "tiny.toml"

    def start(self, *arguments: object, **environment: str) -> "subprocess.Popen[str]":
        """Start the command with these arguments."""
        process = subprocess.Popen(
            [sys.executable, "-c", "from bench.cli import main; main()", *map(str, arguments)],
            env={**os.environ, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def __call__(self, *arguments: object, **environment: str) -> Ended:
        """Run the command to its end."""
        return ended(self.start(*arguments, **environment))

    def run(self, *arguments: object, **environment: str) -> Ended:
        """`perflab run` on the tiny spec with embedded servers."""
        return self(*self.run_arguments(*arguments), **environment)

    def run_arguments(self, *arguments: object) -> list[object]:
        """Of `perflab run` on the tiny spec, or of a run resumed."""
        spec = [] if "--resume" in arguments else [self.spec, "--out", self.reports]
        return ["run", *spec, "--services", "embedded", *arguments]

    def runs(self) -> list[str]:
        """The runs in the reports folder."""
        return sorted(path.name for path in self.reports.glob("*-tiny-*"))

    def latest(self) -> RunRecord:
        """What the latest run says."""
        return store.load(self.reports / "latest")


def ended(process: "subprocess.Popen[str]") -> Ended:
    """Wait for the end of a command."""
    out, err = process.communicate(timeout=LIMIT_S)
    return Ended(process.returncode, out, err)


@pytest.fixture(scope="package")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests' own caches: databases and workloads are made anew, the text is read once for all tests."""
    folder = tmp_path_factory.mktemp("caches")
    harvest()
    (folder / "perflab").mkdir()
    shutil.copy(user_cache_path("perflab") / f"harvest-{version()}.json", folder / "perflab")
    return folder


@pytest.fixture
def perflab(tmp_path: Path, caches: Path) -> Iterator[Perflab]:
    """The command line in a folder of this test's own."""
    (tmp_path / "tiny.toml").write_text(TINY)
    environment = {
        "PYTHONPATH": str(ROOT),
        "XDG_CACHE_HOME": str(caches),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    command = Perflab(tmp_path, environment)
    yield command
    for process in command.processes:
        process.kill()
        process.communicate()
    sweep(tmp_path / "state" / "perflab" / "leases")


@pytest.fixture(scope="package")
def finished(tmp_path_factory: pytest.TempPathFactory, caches: Path) -> tuple[Perflab, Ended]:
    """A run from beginning to end, for tests that only look at it."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "tiny.toml").write_text(TINY)
    environment = {"PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(caches), "XDG_STATE_HOME": str(folder / "state")}
    command = Perflab(folder, environment)
    return command, command.run("--seed", 5)
