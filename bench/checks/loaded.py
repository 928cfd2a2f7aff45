"""What the checks read of a slot, wherever its experiment keeps it: among its slots, or in its facts.

Experiments whose slots are of no triple keep them in their facts, each with `load`, which `kept` makes; `of` finds it
again. So a check knows one shape, and an experiment that measures in its own way is looked at like all others.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bench.model import ExperimentRecord, SlotHealth, SlotRecord

KEY = "load"
"""Of a slot in the facts."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """One slot of load on one arm. None: not told, or of no meaning there."""

    arm: str
    """The arm's role among slots, its name in facts; empty where no single arm was loaded."""
    duration_s: float
    n: int = 0
    """Requests that were answered well."""
    errors: int | None = None
    """Requests that failed beside those that had to: none are counted where a fault makes them."""
    dropped: int = 0
    offered_rate: float | None = None
    p50_s: float | None = None
    lag_p50_s: float = 0.0
    lag_p99_s: float = 0.0
    generator_cores: float | None = None
    steal: float | None = None
    throttled_s: float | None = None
    neighbour_cores: float | None = None


def kept(record: SlotRecord, *, excused: int = 0) -> dict[str, Any]:
    """The `load` of a slot in the facts; so many of its errors are what the experiment is about."""
    return asdict(_read(record, record.arm, max(record.errors - excused, 0)))


def disturbed(health: SlotHealth, arm: str, duration_s: float, **more: Any) -> dict[str, Any]:
    """The same where there is no record of a slot: what else ran meanwhile, and what more is known."""
    return asdict(Loaded(arm, duration_s, **asdict(health), **more))


def of(experiment: ExperimentRecord) -> list[Loaded]:
    """Every slot whose load tells what was measured."""
    return [*(_read(slot, str(slot.slot.role), slot.errors) for slot in experiment.slots), *in_facts(experiment)]


def in_facts(experiment: ExperimentRecord) -> list[Loaded]:
    """Those in the facts: not of loads beyond the reference, which a pool may fail to hold."""
    return [Loaded(**row[KEY]) for row in _rows(experiment.facts) if KEY in row]


def by_arm(experiment: ExperimentRecord) -> Mapping[str, list[Loaded]]:
    """The slots of each arm."""
    grouped: dict[str, list[Loaded]] = {}
    for one in of(experiment):
        grouped.setdefault(one.arm, []).append(one)
    return grouped


def _rows(facts: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from facts.get("slots", ())
    yield from facts.get("ratios", {}).get("rows", ())
    yield from facts.get("machine", ())


def _read(record: SlotRecord, arm: str, errors: int) -> Loaded:
    return Loaded(
        arm=arm,
        duration_s=record.slot.duration_s,
        n=record.n,
        errors=errors,
        dropped=record.dropped,
        offered_rate=record.offered_rate,
        p50_s=record.metrics.get("p50"),
        lag_p50_s=record.lag_p50_s,
        lag_p99_s=record.lag_p99_s,
        generator_cores=record.generator_cores,
        steal=record.health.steal,
        throttled_s=record.health.throttled_s,
        neighbour_cores=record.health.neighbour_cores,
    )
