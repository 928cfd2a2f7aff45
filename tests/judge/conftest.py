"""Made-up sessions: what a runner would have recorded, with effects of a chosen size and scatter."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from bench import design, judge
from bench.model import (
    ArmRecord,
    Effect,
    ExperimentRecord,
    Look,
    Role,
    Slot,
    SlotHealth,
    SlotRecord,
    Status,
)

METRICS = {"p50": 1.0, "p95": 3.0, "mean": 1.3}
"""Metrics of a slot as multiples of its p50."""
BASE_S = 0.010


@dataclass(frozen=True)
class Synthetic:
    """Builds slots and experiments. `ratio` is candidate / baseline, `control` second baseline / baseline."""

    def slots(
        self,
        ratio: float = 0.7,
        *,
        control: float = 1.0,
        pairs: int = 8,
        sd: float = 0.03,
        seed: int = 1,
        names: Sequence[str] = (),
        looks: Sequence[Look] = (),
    ) -> tuple[SlotRecord, ...]:
        """Slots of whole triples, in a plan's order; the log of each slot's level scatters so that pairs have `sd`."""
        rng = np.random.default_rng(seed)
        level = {Role.BASELINE: 1.0, Role.CANDIDATE: ratio, Role.CONTROL: control}
        plan = design.plan("response_time", seed=seed, looks=looks, pairs=pairs, slot_s=6, discard_s=1)
        return tuple(
            self.slot(slot, BASE_S * level[slot.role] * math.exp(rng.normal(0, sd / math.sqrt(2))), names=names)
            for slot in plan.slots
        )

    def slot(self, slot: Slot, p50_s: float, *, names: Sequence[str] = (), n: int = 500) -> SlotRecord:
        """One healthy slot."""
        metrics = {name: p50_s * factor for name, factor in METRICS.items()}
        return SlotRecord(
            slot=slot,
            arm=str(slot.role),
            started="2025-01-01T00:00:00+00:00",
            n=n,
            errors=0,
            dropped=0,
            offered_rate=100.0,
            metrics=metrics,
            by_name={name: {"n": 100.0, **metrics} for name in names},
            parts={},
            lag_p50_s=0.0001,
            lag_p99_s=0.001,
            generator_cores=0.3,
            health=SlotHealth(steal=0.0, throttled_s=0.0, neighbour_cores=0.1),
            samples=f"samples/{slot.index}.parquet",
        )

    def experiment(
        self, slots: Sequence[SlotRecord] | None = None, *, extra: Sequence[Effect] = (), **changes: Any
    ) -> ExperimentRecord:
        """A complete experiment of these slots with its effects, arms and whatever is changed."""
        slots = self.slots() if slots is None else slots
        looks = changes.pop("looks", ())
        record = ExperimentRecord(
            name="response_time",
            question="",
            method="",
            status=Status.COMPLETE,
            reason="",
            arms=tuple(self.arm(role) for role in Role),
            looks=tuple(looks),
            slots=tuple(slots),
            effects=(*judge.effects(slots, looks=looks), *extra),
        )
        return replace(record, **changes)

    def arm(self, role: Role) -> ArmRecord:
        """An arm as its service told it; the control has the baseline's configuration."""
        kind = "on" if role is Role.CANDIDATE else "off"
        return ArmRecord(role=role, name=str(role), command="", knobs={"pool": kind}, config_hash=kind)

    def effect(self, ratio: float, low: float, high: float, **changes: Any) -> Effect:
        """A main effect of p50 with this interval."""
        return replace(
            Effect("p50", "all", "candidate/baseline", ratio, (low, high), 0.95, 10, 0.05, ratio * BASE_S, BASE_S),
            **changes,
        )

    def changed(self, slots: Sequence[SlotRecord], role: Role | None = None, **changes: Any) -> tuple[SlotRecord, ...]:
        """The slots with fields replaced, those of one role or all."""
        return tuple(replace(slot, **changes) if role in (None, slot.slot.role) else slot for slot in slots)


@pytest.fixture(scope="session")
def synthetic() -> Synthetic:
    """The builder of made-up sessions."""
    return Synthetic()
