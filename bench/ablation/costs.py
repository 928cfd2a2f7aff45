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
    """What arms keep with a knob off and with it on: medians over the pairs of arms that differ in nothing else."""

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
    knobs_of = [(cost, arms[cost.arm]) for cost in memory if cost.arm in arms]
    for knob in next(iter(arms.values()), {}):
        pairs = [
            (off, on)
            for off, without in knobs_of
            for on, with_it in knobs_of
            if without[knob] == "off" and with_it == {**without, knob: "on"}
        ]
        if not pairs:
            continue
        seen = [
            (off.backends_bytes, on.backends_bytes)
            for off, on in pairs
            if off.backends_bytes is not None and on.backends_bytes is not None
        ]
        yield SettingMemory(
            knob=knob,
            service_bytes=_medians([(off.service_bytes, on.service_bytes) for off, on in pairs]),
            connections=_medians([(off.connections, on.connections) for off, on in pairs]),
            backends_bytes=_medians(seen) if seen else None,
        )


def _medians(pairs: Sequence[tuple[int, int]]) -> tuple[float, float]:
    return median(off for off, _ in pairs), median(on for _, on in pairs)


def _ratio(rates: list[float], plain: list[float]) -> Interval | None:
    # A round that was cut off has not come to every state.
    logs = [math.log(over / under) for over, under in zip(rates, plain, strict=False)]
    try:
        return signed_rank.estimate(logs, alpha=ALPHA).exp()
    except TooFewPairs:
        return None
