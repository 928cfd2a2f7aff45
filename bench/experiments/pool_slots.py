"""One slot of load on one pool, with the pool's exact counters read before and after."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np

from bench import observations
from bench.checks import loaded
from bench.environment import Snapshot
from bench.errors import LoadError, SubjectError
from bench.experiments import pool_metrics
from bench.experiments.arms import Arm
from bench.experiments.context import Bench
from bench.experiments.pool_metrics import PoolReading
from bench.load.locust import LocustModel
from bench.model import Slot
from bench.runner import latencies, summarise

if TYPE_CHECKING:
    from numpy.typing import NDArray

OVERHEAD_S = 0.25
"""Between two slots: reading the counters, writing the samples."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one slot left behind."""

    facts: dict[str, Any]
    latencies: "NDArray[np.float64]"
    """Of its judged requests, in seconds from the intended start."""


async def measured(bench: Bench, arm: Arm, slot: Slot, load: LocustModel) -> Measured:
    """What the pool of a service did under `load`. Raises LoadError when it does not hold the load."""
    name = arm.command.name
    health = Snapshot.take(bench.own)
    before = await _counters(arm)
    sample = await load.run(slot, arm.target)
    after = await _counters(arm)
    passed = health.until(Snapshot.take(bench.own))
    offered = load.rate if load.model == "open" else None
    record = summarise(slot, name, sample, health=passed, offered_rate=offered, root=bench.folder.path)
    counted = after.since(before)
    if not counted["returned"]:
        raise LoadError(f"{name} lent no connection in {slot.duration_s:g} s.")
    # Whom the pool itself turned away tells how small it is, and nothing of the session.
    turned_away = int(after.values["rejections"] + after.values["timeouts"])
    turned_away -= int(before.values["rejections"] + before.values["timeouts"])
    facts = {
        **counted, "block": slot.block, "arm": name, **_told(slot, sample.path), "n": record.n,
        "errors": record.errors, "dropped": record.dropped, "metrics": record.metrics, "samples": record.samples,
        loaded.KEY: loaded.kept(record, excused=turned_away),
    }  # fmt: skip
    return Measured(facts, latencies(bench.folder.path, record))


def _told(slot: Slot, samples: Path) -> dict[str, float]:
    """What the generator knows by itself: how long it lasted, the answers, and their mean time with the pool.

    The slot lasts to its last answer: a load that is too high is worked off after it.
    """
    table = observations.read(samples, ("end_s", "status", "pool_s", "db_s"))
    ends, status, pool_s, db_s = (column.to_numpy() for column in table.columns)
    answers = int(np.count_nonzero(status))
    inside_s = float(np.nansum(pool_s) + np.nansum(db_s)) / answers if answers else 0.0
    lasted_s = max(slot.duration_s, float(ends.max())) if len(ends) else slot.duration_s
    return {"seconds": lasted_s, "answers": answers, "inside_s": inside_s}


async def _counters(arm: Arm) -> PoolReading:
    async with httpx.AsyncClient(base_url=arm.running.base_url, trust_env=False) as client:
        try:
            return pool_metrics.read((await client.get("/metrics")).text)
        except httpx.HTTPError as error:
            raise SubjectError(
                f"{arm.command.name} does not tell its counters: {error or type(error).__name__}."
            ) from error
        except KeyError as error:
            raise SubjectError(f"{arm.command.name} does not tell {error} at /metrics.") from error
