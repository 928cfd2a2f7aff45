"""Labs in processes of their own, and a look at what they left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from bench.lifetime import sweep
from bench.lifetime.processes import MARK

SCRIPT = Path(__file__).with_name("lab.py")
ROOT = Path(__file__).parents[2]
LIMIT_S = 30.0


@dataclass
class Lab:
    """A running lab and what it says it made."""

    process: "subprocess.Popen[str]"
    token: str
    folder: Path
    child: int
    guard: int
    forked: int

    def end(self, number: int) -> None:
        """Signal the lab and wait until it is gone."""
        self.process.send_signal(number)
        self.process.wait(LIMIT_S)

    def kill_guard(self) -> None:
        """End the guard at once and wait until it is gone."""
        os.kill(self.guard, signal.SIGKILL)
        self.wait_for_guard()

    def wait_for_guard(self) -> None:
        """Wait until the guard has ended."""
        deadline = time.monotonic() + LIMIT_S
        while _alive(self.guard):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def remains(self) -> list[str]:
        """Everything of the lab that is still there."""
        found = [f"process {process.pid}" for process in marked(self.token)]
        return found + ([f"folder {self.folder}"] if self.folder.exists() else [])

    def whole(self) -> bool:
        """Wait until the look finds everything: the folder, the child and the three that it started.

        For the moment in which a process becomes another program its environment, and the mark, cannot be read.
        """
        deadline = time.monotonic() + LIMIT_S
        while len(self.remains()) < 5:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def gone(self) -> list[str]:
        """Wait until nothing remains; answer what does after the limit."""
        deadline = time.monotonic() + LIMIT_S
        while (left := self.remains()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return left


def marked(token: str) -> list[psutil.Process]:
    """Living processes that carry the lab's mark."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK, "").startswith(token):
                found.append(process)
        except psutil.Error:
            continue
    return found


def _alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder of this test's own."""
    return tmp_path / "leases"


@pytest.fixture
def start_lab(state: Path) -> Iterator[Callable[[str], Lab]]:
    """Start labs; whatever a failed test leaves of them is ended."""
    labs: list[Lab] = []

    def start(way: str = "wait") -> Lab:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPT), str(state), way],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
        assert process.stdout is not None
        made = json.loads(process.stdout.readline())
        process.stdout.close()
        labs.append(Lab(process, made["token"], Path(made["folder"]), made["child"], made["guard"], made["forked"]))
        if way in {"wait", "fork"}:
            assert labs[-1].whole()
        return labs[-1]

    yield start
    for lab in labs:
        for process in [lab.process, *marked(lab.token)]:
            process.kill()
        lab.process.wait(LIMIT_S)
        lab.wait_for_guard()
    sweep(state)
