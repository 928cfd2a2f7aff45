"""Coordinated omission, shown: one server that freezes for a second, seen by both models of load.

In the closed model each user waits for its answer before it asks again, so a server that stands still is hardly asked:
one slow request for each user, and the percentiles do not notice. In the open model requests are due whether or not
the server answers, as they are from real users who do not know of each other, and all that were due in the stall are
slow. Source: Gil Tene, "How NOT to Measure Latency", 2013; Schroeder, Wierman, Harchol-Balter, "Open Versus Closed: A
Cautionary Tale", NSDI 2006.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import observations
from bench.errors import LoadError, UsageError
from bench.lab.options import LOADTESTS, ROOT
from bench.lifetime import Custody
from bench.load import Load, Sample, Target
from bench.load.locust import LocustLoad
from bench.model import Role, Slot

if TYPE_CHECKING:
    import pandas as pd

CLOSED, OPEN = "closed model", "open model"
PERCENTILES = {"p50_s": 0.5, "p95_s": 0.95, "p99_s": 0.99}
LEAD_S = 2.0
"""Load before the stall; the generator has started by then."""
USERS = 2


@dataclass(frozen=True, slots=True)
class Stall:
    """When the server stood still, in seconds since the epoch."""

    began: float
    ended: float


def coordinated_omission(
    *, freeze_s: float = 1.0, duration_s: float = 8.0, rate: float = 100.0, seed: int = 7
) -> "pd.DataFrame":
    """Load a server that freezes for `freeze_s` in both models at the same rate, and put their figures side by side.

    A column for each model; rows: `requests` asked in all, `asked_in_stall` (sent while the server stood still; in the
    open model: due), `slow` (took more than half of the stall), percentiles and the slowest in seconds. Takes twice
    `duration_s`. May be called in a notebook.

    Raises UsageError when the slot is too short for the stall, LoadError when the load could not be made.
    """
    import pandas as pd

    if duration_s < LEAD_S + 2 * freeze_s + 1:
        raise UsageError(
            f"A stall of {freeze_s:g} s needs a slot of {LEAD_S + 2 * freeze_s + 1:g} s at least, not {duration_s:g}."
        )
    # A thread of its own: a notebook's has an event loop that runs already.
    with ThreadPoolExecutor(1) as thread:
        columns = thread.submit(asyncio.run, _both(freeze_s, duration_s, rate, seed)).result()
    return pd.DataFrame(columns)


async def _both(freeze_s: float, duration_s: float, rate: float, seed: int) -> dict[str, dict[str, float]]:
    with Custody.open() as custody:
        folder = custody.directory("perflab-omission-")
        slot = Slot(0, 0, 0, Role.BASELINE, seed, duration_s, 0.0)
        load = LocustLoad(
            custody=custody,
            locustfile=LOADTESTS / "one_page.py",
            samples=folder,
            arrivals="constant",
            environment={"PERFLAB_PACE": str(rate / USERS)},
        )
        models: dict[str, Load] = {CLOSED: load.closed_model(USERS), OPEN: load.open_model(rate)}
        async with load:
            return {name: await _measured(model, slot, custody, freeze_s) for name, model in models.items()}


async def _measured(model: Load, slot: Slot, custody: Custody, freeze_s: float) -> dict[str, float]:
    """A fresh server for each model: the second must not inherit the first one's connections."""
    process = custody.spawn([sys.executable, "-m", "bench.faults.page"], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        target = Target("page", f"http://127.0.0.1:{await asyncio.to_thread(_port, process)}")
        running = asyncio.create_task(model.run(slot, target))
        try:
            stall = await _freeze(process.pid, freeze_s)
            sample = await running
        finally:
            running.cancel()
        return _figures(sample, stall, slot)
    finally:
        custody.end(process.pid, stop=signal.SIGKILL)
        assert process.stdout is not None
        process.stdout.close()


def _port(process: "subprocess.Popen[bytes]") -> int:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line.isdigit():
        raise LoadError("The server that is to be frozen did not start; try `python -m bench.faults.page`.")
    return int(line)


async def _freeze(pid: int, freeze_s: float) -> Stall:
    """Stop the process for a while, whatever happens here meanwhile."""
    await asyncio.sleep(LEAD_S)
    os.kill(pid, signal.SIGSTOP)
    # Both moments lie within the stall: what was asked between them was asked of a server that stood still.
    began = time.time()
    try:
        await asyncio.sleep(freeze_s)
        ended = time.time()
    finally:
        os.kill(pid, signal.SIGCONT)
    return Stall(began, ended)


def _figures(sample: Sample, stall: Stall, slot: Slot) -> dict[str, float]:
    began, ended = (moment - sample.started.timestamp() for moment in (stall.began, stall.ended))
    if began < 0 or ended > slot.duration_s:
        raise LoadError("The stall did not fall into the slot: this machine is too busy; try again.")
    seen = _columns(sample.path)
    latency = seen["end_s"] - seen["intended_s"]
    # The machine may stall once more by itself: only what was under way in this stall is slow because of it.
    over = (seen["intended_s"] < ended) & (seen["end_s"] > began)
    return {
        "requests": float(len(latency)),
        "asked_in_stall": float(np.count_nonzero((seen["intended_s"] >= began) & (seen["intended_s"] < ended))),
        "slow": float(np.count_nonzero(over & (latency > (ended - began) / 2))),
        **{name: float(np.quantile(latency, q)) for name, q in PERCENTILES.items()},
        "slowest_s": float(latency.max()),
    }


def _columns(path: Path) -> dict[str, Any]:
    table = observations.read(path)
    return {name: table.column(name).to_numpy() for name in ("intended_s", "end_s")}
