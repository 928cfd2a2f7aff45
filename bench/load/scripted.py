"""A deterministic load that sends nothing: real sample files, made at once from given latencies."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench import observations
from bench.arrivals import arrivals as schedule
from bench.arrivals import in_turns
from bench.errors import LoadError
from bench.load import Sample, Target, sample_path
from bench.model import Role, Slot
from bench.observations import Observation

Latency = Callable[[Role, random.Random, int], float]
"""Seconds that request number i of a slot takes; every draw from the given generator."""
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def _never(_slot: Slot) -> int:
    return 0


def _fine(_role: Role, _rng: random.Random, _i: int) -> str:
    return ""


class ScriptedLoad:
    """A `bench.load.Load` whose figures follow from its arguments alone.

    Moments and names come from the slot's seed, so they are the same for all arms of a triple; latencies and
    errors from the seed, the slot's index and its role, so they are not. `lag_s` is how late each request is
    sent, and part of its latency. `parts` splits that: a column of Server-Timing and its share, as in
    {"db_s": 0.6}. `refuse` answers what goes wrong with a whole slot, "" for nothing.
    """

    def __init__(
        self,
        samples: Path,
        latency: Latency,
        *,
        rate: float = 100.0,
        arrivals: str = "poisson",
        names: Sequence[str] = ("GET /",),
        error: Callable[[Role, random.Random, int], str] = _fine,
        dropped: Callable[[Slot], int] = _never,
        refuse: Callable[[Slot], str] = lambda _slot: "",
        lag_s: float = 0.0,
        parts: Mapping[str, float] | None = None,
        generator_cores: float = 0.1,
        prefix: str = "scripted",
    ) -> None:
        self._samples = samples
        self._latency = latency
        self._rate = rate
        self._arrivals = arrivals
        self._names = names
        self._error = error
        self._dropped = dropped
        self._refuse = refuse
        self._lag_s = lag_s
        self._parts = parts or {}
        self._generator_cores = generator_cores
        self._prefix = prefix

    async def run_in_turns(self, slots: Sequence[Slot], targets: Sequence[Target]) -> list[Sample]:
        """Each with the moments that its turns leave it. Raises LoadError when `refuse` says so."""
        slot = slots[0]
        due = in_turns(self._schedule(slot), slot.duration_s, len(slots), slot.turn_s, slot.seed)
        moments = [[arrival.moment for arrival in due if arrival.lane == lane] for lane in range(len(slots))]
        return [self._played(*each) for each in zip(slots, targets, moments, strict=True)]

    async def run(self, slot: Slot, target: Target) -> Sample:
        """Write the slot's samples. Raises LoadError when `refuse` says so."""
        return self._played(slot, target, self._schedule(slot))

    def _schedule(self, slot: Slot) -> list[float]:
        return schedule(self._arrivals, self._rate, slot.duration_s, slot.seed)

    def _played(self, slot: Slot, target: Target, moments: Sequence[float]) -> Sample:
        if reason := self._refuse(slot):
            raise LoadError(reason)
        rows = self._rows(slot, moments)
        path = sample_path(self._samples, self._prefix, slot)
        observations.write(path, observations.columns(rows))
        return Sample(
            path=path,
            started=EPOCH + timedelta(seconds=slot.index * slot.duration_s),
            n=len(rows),
            dropped=self._dropped(slot),
            generator_cores=self._generator_cores,
            facts={"arm": target.arm},
        )

    def _rows(self, slot: Slot, moments: Sequence[float]) -> list[Observation]:
        chooser = random.Random(f"names {slot.seed}")
        rng = random.Random(f"latency {slot.seed} {slot.index} {slot.role}")
        rows = []
        for i, intended_s in enumerate(moments):
            start_s = intended_s + self._lag_s
            took = self._latency(slot.role, rng, i)
            error = self._error(slot.role, rng, i)
            row = Observation(
                chooser.choice(self._names), intended_s, start_s, start_s + took, 500 if error else 200, error
            )
            parts: dict[str, Any] = {part: share * took for part, share in self._parts.items()}
            rows.append(row._replace(**parts))
        return rows

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return
