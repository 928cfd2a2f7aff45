"""However a lab ends, nothing of it is left."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.lifetime import sweep

Lab = Any  # the fixture's class, which no module can import
Start = Callable[..., Lab]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signalled_lab_leaves_nothing(start_lab: Start, state: Path, number: signal.Signals) -> None:
    """Ctrl-C, SIGTERM, a closed terminal and kill -9 leave no process, folder or lease."""
    lab = start_lab()
    lab.end(number)
    assert lab.gone() == []
    assert lab.process.returncode != 0
    lab.wait_for_guard()
    assert list(state.iterdir()) == []


@pytest.mark.parametrize("way", ["error", "exit"])
def test_a_lab_that_breaks_leaves_nothing(start_lab: Start, state: Path, way: str) -> None:
    """An exception, or an exit that closes nothing, leaves no process, folder or lease."""
    lab = start_lab(way)
    lab.process.wait(30)
    assert lab.gone() == []
    lab.wait_for_guard()
    assert list(state.iterdir()) == []


def test_a_second_interrupt_does_not_stop_the_cleaning(start_lab: Start) -> None:
    """Ctrl-C twice, to the whole process group as a terminal sends it, leaves nothing."""
    lab = start_lab()
    for _ in range(2):
        os.killpg(lab.process.pid, signal.SIGINT)
    lab.process.wait(30)
    assert lab.gone() == []


def test_the_guard_does_not_heed_signals_meant_for_the_lab(start_lab: Start) -> None:
    """A guard that is sent SIGINT, SIGTERM and SIGHUP still cleans up after kill -9."""
    lab = start_lab()
    _wait_until_ignoring(lab.guard)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(lab.guard, number)
    lab.end(signal.SIGKILL)
    assert lab.gone() == []


def test_a_forked_child_does_not_keep_the_dead_lab_alive(start_lab: Start) -> None:
    """The guard notices the lab's end although a forked child of it lives on."""
    lab = start_lab("fork")
    try:
        lab.end(signal.SIGKILL)
        assert lab.gone() == []
    finally:
        os.kill(lab.forked, signal.SIGKILL)


def test_sweep_cleans_up_when_the_guard_died_too(start_lab: Start, state: Path) -> None:
    """After kill -9 of guard and lab everything is still there; one sweep removes it and says so."""
    lab = start_lab()
    lab.kill_guard()
    lab.end(signal.SIGKILL)
    assert lab.whole()
    sentences = sweep(state)
    assert lab.remains() == []
    assert any(str(lab.folder) in sentence for sentence in sentences)
    assert any(f"process {lab.child} (sh)" in sentence for sentence in sentences)
    assert sweep(state) == []
    assert list(state.iterdir()) == []


def test_sweep_spares_a_living_lab(start_lab: Start, state: Path) -> None:
    """Of two labs the dead one is swept and the living one keeps everything, its guard dead or not."""
    living, dead = start_lab(), start_lab()
    before = living.remains()
    living.kill_guard()
    dead.kill_guard()
    dead.end(signal.SIGKILL)
    assert sweep(state) != []
    assert dead.remains() == []
    assert living.remains() == before


def test_a_dying_lab_leaves_its_neighbour_alone(start_lab: Start) -> None:
    """What the guard of one lab ends is nothing of another's."""
    living, dead = start_lab(), start_lab()
    before = living.remains()
    dead.end(signal.SIGKILL)
    assert dead.gone() == []
    assert living.remains() == before


def _wait_until_ignoring(pid: int) -> None:
    """Wait until the young guard has set up its signals, as /proc tells (SigIgn, bit 15 - 1 is SIGTERM)."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("this system does not tell which signals a process ignores")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        mask = next(line for line in status.read_text().splitlines() if line.startswith("SigIgn"))
        if int(mask.split()[1], 16) & (1 << (signal.SIGTERM - 1)):
            return
    pytest.fail("the guard heeds SIGTERM")
