"""A server of the cache dies halfway through a slot of open-model load: what became of the requests?"""

import asyncio
import re
import time
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np

from bench import observations
from bench.experiments.arms import Arm
from bench.experiments.cache_arms import Keep
from bench.load import Load, Sample
from bench.model import Slot
from bench.stats import outage

LIMIT_S = 5.0
DISCARD_S = 0.3
"""Start of the slot that counts nowhere."""
KILLED, OTHERS, ALL = "killed", "others", "all"


async def die(arm: Arm, keep: Keep, index: int, load: Load, slot: Slot, *, root: Path) -> dict[str, object]:
    """Load the arm for one slot, kill one of its servers halfway; answer what is known of it, as plain JSON.

    `root` is the folder that the sample's path is told relative to.
    """
    loading = asyncio.create_task(load.run(slot, arm.target))
    try:
        await asyncio.sleep(slot.duration_s / 2)
        keep.kill(index)
        died = time.time()
        sample = await loading
    finally:
        loading.cancel()
    opened = await openings(arm, keep.servers[index].url)
    return {
        "sample": str(sample.path.relative_to(root)),
        "duration_s": slot.duration_s,
        "killed": index if len(keep.servers) > 1 else None,
        "dropped": sample.dropped,
        "openings": opened,
        **_described(sample, died - sample.started.timestamp(), f"@{index}" if len(keep.servers) > 1 else None),
    }


async def openings(arm: Arm, url: str) -> int:
    """How often the circuit before the server at `url` has opened, by the service's metrics."""
    parts = urlsplit(url)
    name = re.escape(f"redis {parts.hostname}:{parts.port}")
    counted = re.compile(rf'^circuitbreaker_transitions_total\{{name="{name}",state="open"\}} ([0-9.]+)$', re.MULTILINE)
    async with httpx.AsyncClient(base_url=arm.running.base_url, timeout=LIMIT_S, trust_env=False) as client:
        found = counted.search((await client.get("/metrics")).text)
    return int(float(found[1])) if found else 0


def _described(sample: Sample, died_s: float, label: str | None) -> dict[str, object]:
    """What the sample says; `label` ends the names of the requests whose answers the dead server kept."""
    requests, reasons = read(sample.path)
    if label is None:
        touched = requests
        groups = {ALL: requests}
    else:
        mine = np.char.endswith(requests.name, label)
        touched = requests.only(mine)
        groups = {KILLED: touched, OTHERS: requests.only(~mine)}
    opening = outage.opening(touched, died_s=died_s)
    opened_s = None if opening is None else opening.by_s
    return {
        "died_s": died_s,
        "opening": None if opening is None else asdict(opening),
        "reasons": reasons,
        "groups": {
            name: outage.phases(several, from_s=DISCARD_S, died_s=died_s, opened_s=opened_s)
            for name, several in groups.items()
        },
    }


def read(path: Path) -> tuple[outage.Requests, list[str]]:
    """The requests of a sample, and why some failed."""
    table = observations.read(path)
    columns = {name: table.column(name).to_numpy() for name in observations.COLUMNS}
    found = outage.Requests.of(columns)
    return found, sorted(set(columns["error"][found.failed].astype(str).tolist()))
