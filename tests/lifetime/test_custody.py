import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.lifetime import Custody, sweep

LAB = """
import subprocess, sys, time
from pathlib import Path
from bench.lifetime import Custody
custody = Custody.open(Path(sys.argv[1]))
folder = custody.directory("test")
# A child with a grandchild that ignores SIGTERM: both must go.
stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
parent = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]]); import time; time.sleep(600)"
child = custody.spawn([sys.executable, "-c", parent, stubborn])
time.sleep(0.3)
print(child.pid, custody._guard.pid, folder, flush=True)
ending = sys.argv[2]
if ending == "exception":
    with custody:
        raise ValueError
if ending == "success":
    with custody:
        pass
else:
    time.sleep(600)
"""


class Lab:
    """A lab in a process of its own, that has started a child with a grandchild and made a folder."""

    def __init__(self, state: Path, ending: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", LAB, str(state), ending],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        with self.process.stdout as output:
            child, guard, folder = output.readline().split()
        self.child, self.guard, self.folder = int(child), int(guard), Path(folder)

    def group(self) -> list[int]:
        """The living processes of the child's group."""
        alive = []
        for pid in psutil.pids():
            try:
                if os.getpgid(pid) == self.child and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                    alive.append(pid)
            except (ProcessLookupError, psutil.Error):
                continue
        return alive

    def gone(self) -> bool:
        """Whether nothing is left, waiting as long as a guard may take."""
        for _ in range(200):
            if not self.group() and not self.folder.exists():
                return True
            time.sleep(0.05)
        return False


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "leases"
    sweep(tmp_path / "leases")


@pytest.mark.parametrize("ending", ["success", "exception"])
def test_nothing_is_left_when_the_block_ends(state: Path, ending: str) -> None:
    """Leaving the block, by its end or by an exception, ends processes with grandchildren and folders."""
    lab = Lab(state, ending)
    lab.process.wait(timeout=20)
    assert lab.gone()
    assert list(state.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_lab_is_killed(state: Path, number: signal.Signals) -> None:
    """Ctrl-C, SIGTERM and even kill -9 of the lab leave nothing: its guard ends what it started."""
    lab = Lab(state, "wait")
    assert lab.group()
    assert lab.folder.exists()
    lab.process.send_signal(number)
    lab.process.wait(timeout=20)
    assert lab.gone()


def test_the_next_start_sweeps_when_the_guard_was_killed_too(state: Path) -> None:
    """With lab and guard both killed everything is still there, and sweep ends it and says what."""
    lab = Lab(state, "wait")
    os.kill(lab.guard, signal.SIGKILL)
    lab.process.kill()
    lab.process.wait(timeout=20)
    assert lab.group()
    assert lab.folder.exists()
    said = sweep(state)
    assert lab.gone()
    assert any(str(lab.child) in line for line in said)
    assert any(str(lab.folder) in line for line in said)


def test_sweep_never_touches_a_living_lab(state: Path) -> None:
    """A second lab's start does not end what the first, still alive, is using."""
    with Custody.open(state) as custody:
        child = custody.spawn([sys.executable, "-c", "import time; time.sleep(600)"])
        folder = custody.directory("alive")
        assert sweep(state) == []
        assert child.poll() is None
        assert folder.exists()


def test_a_reused_process_id_is_not_killed(state: Path) -> None:
    """A stranger who got a dead child's process id is spared: its start time differs."""
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        state.mkdir(parents=True)
        (state / "1-x.jsonl").write_text(
            '{"lab": 999999999, "started": 1.0}\n' + f'{{"process": {stranger.pid}, "started": 1.0, "stop": 15}}\n'
        )
        assert sweep(state) == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_one_process_can_be_ended_before_the_rest(state: Path) -> None:
    """`end` stops the named process alone and may be called again."""
    with Custody.open(state) as custody:
        first, second = (custody.spawn([sys.executable, "-c", "import time; time.sleep(600)"]) for _ in range(2))
        custody.end(first.pid)
        custody.end(first.pid)
        assert first.poll() is not None
        assert second.poll() is None


def test_a_folder_is_private(state: Path) -> None:
    """Only its owner can look into a folder that may hold passwords."""
    with Custody.open(state) as custody:
        assert custody.directory("private").stat().st_mode & 0o777 == 0o700
