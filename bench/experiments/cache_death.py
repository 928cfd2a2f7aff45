"""A server of the cache dies halfway through a slot of open-model load: what became of the requests?"""

import asyncio
import re
import time
from dataclasses import dataclass
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

POLL_S = 0.05
"""Between two looks at /metrics; how exactly the opening of a circuit is known."""
LOOK_LIMIT_S = 2.0
DISCARD_S = 0.3
"""Start of the slot that counts nowhere."""
KILLED, OTHERS, ALL = "killed", "others", "all"


@dataclass(frozen=True, slots=True)
class Opening:
    """When the circuit was last seen closed and first seen open, in seconds since the epoch."""

    not_at: float
    seen: float | None
    """None: not until the slot's end."""


async def die(arm: Arm, keep: Keep, index: int, load: Load, slot: Slot, *, root: Path) -> dict[str, object]:
    """Load the arm for one slot, kill one of its servers halfway; answer what is known of it, as plain JSON.

    `root` is the folder that the sample's path is told relative to.
    """
    loading = asyncio.create_task(load.run(slot, arm.target))
    try:
        await asyncio.sleep(slot.duration_s / 2)
        keep.kill(index)
        died = time.time()
        opening = await _watch(arm, _place(keep.servers[index].url), loading, died)
        sample = await loading
    finally:
        loading.cancel()
    return _described(sample, slot, died, opening, index if len(keep.servers) > 1 else None, root)


async def _watch(arm: Arm, place: str, loading: "asyncio.Task[Sample]", since: float) -> Opening:
    """Look at the circuit until it is open, or the slot has ended."""
    is_open = re.compile(
        rf'^circuitbreaker_state\{{name="redis {re.escape(place)}",state="open"\}} 1(\.0)?$', re.MULTILINE
    )
    not_at = since
    async with httpx.AsyncClient(base_url=arm.running.base_url, timeout=LOOK_LIMIT_S, trust_env=False) as client:
        while not loading.done():
            asked = time.time()
            try:
                text = (await client.get("/metrics")).text
            except httpx.TransportError:
                text = ""
            if is_open.search(text):
                return Opening(not_at, time.time())
            not_at = asked
            await asyncio.sleep(POLL_S)
    return Opening(not_at, None)


def _described(
    sample: Sample, slot: Slot, died: float, opening: Opening, index: int | None, root: Path
) -> dict[str, object]:
    zero = sample.started.timestamp()
    died_s = died - zero
    opened_s = None if opening.seen is None else opening.seen - zero
    requests, reasons = read(sample.path)
    groups = {ALL: np.ones(len(requests.due), dtype=bool)}
    if index is not None:
        on_killed = np.char.endswith(requests.name, f"@{index}")
        groups = {KILLED: on_killed, OTHERS: ~on_killed}
    return {
        "sample": str(sample.path.relative_to(root)),
        "duration_s": slot.duration_s,
        "from_s": DISCARD_S,
        "died_s": died_s,
        "open_after_s": None if opened_s is None else [max(opening.not_at - died, 0.0), opened_s - died_s],
        "killed": index,
        "dropped": sample.dropped,
        "reasons": reasons,
        "groups": {
            name: outage.phases(requests.only(chosen), from_s=DISCARD_S, died_s=died_s, opened_s=opened_s)
            for name, chosen in groups.items()
        },
    }


def read(path: Path) -> tuple[outage.Requests, list[str]]:
    """The requests of a sample, and why some failed."""
    table = observations.read(path)
    columns = {name: table.column(name).to_numpy() for name in observations.COLUMNS}
    found = outage.Requests.of(columns)
    return found, sorted(set(columns["error"][found.failed].astype(str).tolist()))


def _place(url: str) -> str:
    """As the service names it in its circuits."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}"
