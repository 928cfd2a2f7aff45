"""From the observations of one slot to one SlotRecord, and back to the latencies that were judged."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import observations
from bench.load import Sample
from bench.model import Slot, SlotHealth, SlotRecord
from bench.stats import quantiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

TIMED = ("intended_s", "end_s", "status", "error")
"""What a latency, and whether it counts, is read from."""
PARTS = {part: f"{part}_s" for part in ("queue", "pool", "db", "cache", "vector", "app", "encode")}


def summarise(
    slot: Slot, arm: str, sample: Sample, *, health: SlotHealth, offered_rate: float | None, root: Path
) -> SlotRecord:
    """Summarise one slot over the successful observations after `slot.discard_s`.

    Failed requests are counted, not timed: a quick error must not make an arm look fast. `root` is the
    run folder that the sample's path is told relative to.
    """
    judged = _judged(sample.path, slot)
    failed = _failed(judged)
    good = {name: column[~failed] for name, column in judged.items()}
    latency = good["end_s"] - good["intended_s"]
    lag = judged["start_s"] - judged["intended_s"]
    return SlotRecord(
        slot=slot,
        arm=arm,
        started=sample.started.isoformat(),
        n=len(latency),
        errors=int(failed.sum()),
        dropped=sample.dropped,
        offered_rate=offered_rate,
        metrics=quantiles.summary(latency),
        by_name={
            str(name): {
                "n": float((good["name"] == name).sum()),
                **quantiles.summary(latency[good["name"] == name]),
            }
            for name in np.unique(good["name"])
        },
        parts=_mean_parts(good, lag[~failed]),
        lag_p50_s=_quantile(lag, 0.5),
        lag_p99_s=_quantile(lag, 0.99),
        generator_cores=sample.generator_cores,
        health=health,
        samples=str(sample.path.relative_to(root)),
    )


def latencies(root: Path, record: SlotRecord) -> "NDArray[np.float64]":
    """The judged latencies of a stored slot in seconds from the intended start, failures left out."""
    judged = _judged(root / record.samples, record.slot, TIMED)
    latency: NDArray[np.float64] = (judged["end_s"] - judged["intended_s"])[~_failed(judged)]
    return latency


def _judged(path: Path, slot: Slot, names: "Sequence[str]" = tuple(observations.COLUMNS)) -> "dict[str, NDArray[Any]]":
    table = observations.read(path, names)
    columns = {name: table.column(name).to_numpy() for name in names}
    kept = columns["intended_s"] >= slot.discard_s
    return {name: column[kept] for name, column in columns.items()}


def _failed(columns: "Mapping[str, NDArray[Any]]") -> "NDArray[np.bool_]":
    failed: NDArray[np.bool_] = (columns["status"] == 0) | (columns["status"] >= 400) | (columns["error"] != "")
    return failed


def _mean_parts(columns: "Mapping[str, NDArray[Any]]", lag: "NDArray[np.float64]") -> dict[str, float]:
    parts = {part: columns[column] for part, column in PARTS.items()}
    told = {part: float(np.nanmean(values)) for part, values in parts.items() if not np.all(np.isnan(values))}
    return {**told, "lag": float(lag.mean())} if len(lag) else told


def _quantile(values: "NDArray[np.float64]", q: float) -> float:
    return float(np.quantile(values, q)) if len(values) else 0.0
