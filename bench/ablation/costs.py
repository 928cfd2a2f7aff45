"""What the knobs cost: slower writes, room for indexes, memory. From the experiment's stored facts."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.errors import TooFewPairs
from bench.stats import signed_rank
from bench.stats.interval import Interval

PLAIN = "plain"
"""The database without any tuning."""
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class WriteCost:
    """How quickly one state of the database takes new documents."""

    state: str
    kind: str
    """`batch` or `single`: many rows in one go, or row after row."""
    rows_per_s: float
    """Median over the rounds."""
    ratio: Interval | None
    """Rows per second over those of the plain database; None for that itself and with too few rounds."""
    rounds: int


@dataclass(frozen=True, slots=True)
class IndexCost:
    """One index of the tuned database."""

    name: str
    knob: str
    bytes: int
    table_share: float
    """Its size over that of the plain table with its long texts."""
    build_s: float
    """To build it on a table with `build_rows` of the documents."""
    build_rows: int


@dataclass(frozen=True, slots=True)
class MemoryCost:
    """What one arm keeps in memory after its last slot."""

    arm: str
    service_bytes: int
    connections: int
    backends_bytes: int | None
    """Of its PostgreSQL processes, without the shared buffers; None where they cannot be seen."""


@dataclass(frozen=True, slots=True)
class SettingMemory:
    """What arms keep with a knob off and with it on: medians over all arms of either kind."""

    knob: str
    service_bytes: tuple[float, float]
    connections: tuple[float, float]
    backends_bytes: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Costs:
    """All costs that were measured; each part may be empty."""

    writes: tuple[WriteCost, ...]
    indexes: tuple[IndexCost, ...]
    memory: tuple[MemoryCost, ...]
    settings: tuple[SettingMemory, ...]

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> "Costs":
        """From the facts of the experiment."""
        memory = tuple(MemoryCost(**arm) for arm in facts.get("memory", ()))
        return cls(
            writes=_writes(facts.get("writes", {})),
            indexes=tuple(IndexCost(**index) for index in facts.get("indexes", ())),
            memory=memory,
            settings=tuple(_settings(memory, facts.get("arms", {}))),
        )


def _writes(rounds: Mapping[str, Mapping[str, list[float]]]) -> tuple[WriteCost, ...]:
    """`rounds` holds rows per second by kind, then by state, one after the other of the same rounds."""
    found = []
    for kind, by_state in rounds.items():
        for state, rates in by_state.items():
            ratio = None if state == PLAIN else _ratio(rates, by_state.get(PLAIN, []))
            found.append(WriteCost(state, kind, sorted(rates)[len(rates) // 2], ratio, len(rates)))
    return tuple(found)


def _settings(memory: Sequence[MemoryCost], arms: Mapping[str, Mapping[str, str]]) -> Iterator[SettingMemory]:
    """`arms` tells each arm's knobs as `on` or `off`."""
    for knob in next(iter(arms.values()), {}):
        sides = [[cost for cost in memory if arms.get(cost.arm, {}).get(knob) == state] for state in ("off", "on")]
        if not all(sides):
            continue
        backends = [[cost.backends_bytes for cost in side if cost.backends_bytes is not None] for side in sides]
        off, on = sides
        yield SettingMemory(
            knob=knob,
            service_bytes=(median(cost.service_bytes for cost in off), median(cost.service_bytes for cost in on)),
            connections=(median(cost.connections for cost in off), median(cost.connections for cost in on)),
            backends_bytes=(median(backends[0]), median(backends[1])) if all(backends) else None,
        )


def _ratio(rates: list[float], plain: list[float]) -> Interval | None:
    # A round that was cut off has not come to every state.
    logs = [math.log(over / under) for over, under in zip(rates, plain, strict=False)]
    try:
        return signed_rank.estimate(logs, alpha=ALPHA).exp()
    except TooFewPairs:
        return None
