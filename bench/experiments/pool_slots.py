"""One slot of load on one pool, with the pool's exact counters read before and after."""

from pathlib import Path
from typing import Any

import httpx

from bench import observations
from bench.environment import Snapshot
from bench.experiments import pool_metrics
from bench.experiments.context import Bench
from bench.experiments.pool_metrics import PoolReading
from bench.load import Target
from bench.load.locust import LocustModel
from bench.model import Slot
from bench.runner import summarise
from bench.subject import Running

OVERHEAD_S = 0.25
"""Between two slots: reading the counters, writing the samples."""


async def measured(bench: Bench, name: str, running: Running, slot: Slot, load: LocustModel) -> dict[str, Any]:
    """What the pool of a service did under `load`, as facts. Raises LoadError when it does not hold the load."""
    health = Snapshot.take(bench.own)
    before = await _counters(running)
    sample = await load.run(slot, Target(name, running.base_url))
    after = await _counters(running)
    passed = health.until(Snapshot.take(bench.own))
    record = summarise(slot, name, sample, health=passed, offered_rate=load.rate, root=bench.folder.path)
    return {
        **after.since(before), "block": slot.block, "arm": name, "seconds": _lasted(slot, sample.path), "n": record.n,
        "errors": record.errors, "dropped": record.dropped, "metrics": record.metrics, "samples": record.samples,
    }  # fmt: skip


def _lasted(slot: Slot, samples: Path) -> float:
    """Seconds from the beginning of the slot to its last answer: a load that is too high is worked off after it."""
    ends = observations.read(samples)["end_s"].to_numpy()
    return max(slot.duration_s, float(ends.max())) if len(ends) else slot.duration_s


async def _counters(running: Running) -> PoolReading:
    async with httpx.AsyncClient(base_url=running.base_url, trust_env=False) as client:
        return pool_metrics.read((await client.get("/metrics")).text)
