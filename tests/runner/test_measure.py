import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from bench import design, observations
from bench.environment import OwnProcesses, Snapshot
from bench.errors import LoadError, SubjectError
from bench.load import Sample, Target
from bench.load.scripted import ScriptedLoad
from bench.model import Effect, Look, Plan, Role, Slot, SlotHealth, SlotRecord
from bench.runner import Measurement, Records, Silent, latencies, measure

if TYPE_CHECKING:
    from collections.abc import Callable


def plan(pairs: int = 6, looks: tuple[Look, ...] = (), turn_s: float = 0.0) -> Plan:
    """A plan of short slots whose first tenth is not judged."""
    return design.plan("e", seed=1, pairs=pairs, looks=looks, slot_s=1.0, discard_s=0.1, turn_s=turn_s)


def tenth_of_a_second(role: Role, rng: Random, _: int) -> float:
    """The candidate takes half as long."""
    return rng.uniform(0.01, 0.02) * (0.5 if role is Role.CANDIDATE else 1.0)


@dataclass
class Bystander:
    """Answers the runner and remembers what it was asked."""

    decide_at: int | None = None
    kept: list[int] = field(default_factory=list)
    looked: list[int] = field(default_factory=list)
    verified: int = 0
    changed_after: int | None = None

    def provisional(self, records: Records) -> Effect | None:
        """Nothing to say yet."""
        return None

    def decided(self, records: Records, look: Look) -> bool:
        """Decided at the look it was told."""
        self.looked.append(look.pairs)
        return look.pairs == self.decide_at

    def keep(self, records: Records) -> None:
        """Remember how many slots were there."""
        self.kept.append(len(records))

    async def verify(self) -> None:
        """Find the arm changed after so many times."""
        self.verified += 1
        if self.changed_after is not None and self.verified > self.changed_after:
            raise SubjectError("candidate is not the arm it should be")


class Alone:
    """A load of one arm at a time, which is never called."""

    async def run(self, slot: Slot, target: Target) -> Sample:
        """Fail."""
        raise AssertionError(slot, target)

    async def __aenter__(self) -> "Alone":
        return self

    async def __aexit__(self, *_: object) -> None:
        return


class Recorder(Silent):
    """Remembers the order of slots."""

    def __init__(self) -> None:
        self.slots: list[Slot] = []

    def slot_started(self, slot: Slot) -> None:
        """Remember the slot."""
        self.slots.append(slot)


def measurement(
    folder: Path, plan: Plan, bystander: Bystander, progress: Silent | None = None, **load: object
) -> Measurement:
    """Everything for a walk over the plan with a scripted load."""
    (folder / "samples").mkdir()
    latency: Callable[[Role, Random, int], float] = tenth_of_a_second
    return Measurement(
        plan=plan,
        load=ScriptedLoad(folder / "samples", latency, rate=200.0, **load),  # type: ignore[arg-type]
        targets={role: Target(str(role), "http://127.0.0.1:1") for role in Role},
        verify=bystander.verify,
        judge=bystander,
        keep=bystander.keep,
        own=OwnProcesses(),
        root=folder,
        offered_rate=200.0,
        progress=progress or Silent(),
    )


async def test_every_slot_runs_once_in_the_planned_order(tmp_path: Path) -> None:
    """The runner walks the plan as it stands, one slot after the other."""
    watched, laid = Recorder(), plan()
    records = await measure(measurement(tmp_path, laid, Bystander(), watched))
    assert watched.slots == list(laid.slots)
    assert tuple(record.slot for record in records) == laid.slots


async def test_what_was_measured_is_kept_after_every_block(tmp_path: Path) -> None:
    """After each block all records so far are handed over, and their samples are on disk."""
    bystander = Bystander()
    records = await measure(measurement(tmp_path, plan(), bystander))
    assert bystander.kept == [6, 12, 18]
    assert all((tmp_path / record.samples).is_file() for record in records)


async def test_the_arms_are_proved_before_each_block(tmp_path: Path) -> None:
    """An arm that becomes another one half-way ends the measurement; the blocks before are kept."""
    bystander = Bystander(changed_after=2)
    with pytest.raises(SubjectError, match="not the arm"):
        await measure(measurement(tmp_path, plan(), bystander))
    assert bystander.kept == [6, 12]


async def test_a_look_that_decides_ends_the_measurement(tmp_path: Path) -> None:
    """At a look that decides no further slot runs; looks before are asked in their order."""
    looks = (Look(8, 0.0221), Look(14, 0.0221), Look(20, 0.0221))
    bystander = Bystander(decide_at=14)
    records = await measure(measurement(tmp_path, plan(looks=looks), bystander))
    assert bystander.looked == [8, 14]
    assert len(records) == 14 * 3


async def test_a_load_that_fails_leaves_the_blocks_before(tmp_path: Path) -> None:
    """When the generator dies in the second block, the first is kept."""
    bystander = Bystander()
    broken = measurement(
        tmp_path, plan(), bystander, refuse=lambda slot: "the generator died" if slot.index == 8 else ""
    )
    with pytest.raises(LoadError, match="the generator died"):
        await measure(broken)
    assert bystander.kept == [6]


async def test_the_start_of_a_slot_is_not_judged(tmp_path: Path) -> None:
    """Observations due in the first `discard_s` seconds are on disk but in no figure."""
    records = await measure(measurement(tmp_path, plan(), Bystander()))
    record = records[0]
    table = observations.read(tmp_path / record.samples)
    due = table.column("intended_s").to_pylist()
    assert min(due) < 0.1
    assert record.n == sum(moment >= 0.1 for moment in due) == len(latencies(tmp_path, record))


async def test_failures_are_counted_and_not_timed(tmp_path: Path) -> None:
    """A quick error must not make an arm look fast: it is no latency, and the count tells."""
    failing = measurement(tmp_path, plan(), Bystander(), error=lambda role, rng, i: "refused" if i % 4 == 0 else "")
    record: SlotRecord = (await measure(failing))[0]
    judged = record.n + record.errors
    assert record.errors / judged == pytest.approx(0.25, abs=0.05)
    assert len(latencies(tmp_path, record)) == record.n


async def test_figures_are_those_of_the_observations(tmp_path: Path) -> None:
    """Median and mean of a slot are numpy's of its judged latencies, overall and by name."""
    import numpy as np

    records = await measure(measurement(tmp_path, plan(), Bystander(), names=("GET /a", "GET /b")))
    record = records[0]
    values = latencies(tmp_path, record)
    assert math.isclose(record.metrics["p50"], float(np.median(values)))
    assert math.isclose(record.metrics["mean"], float(values.mean()))
    assert set(record.by_name) == {"GET /a", "GET /b"}
    assert sum(figures["n"] for figures in record.by_name.values()) == record.n


async def test_arms_in_turns_are_loaded_together(tmp_path: Path) -> None:
    """One walk over a triple gives the records of all three in the plan's order; what disturbed it is shared."""
    laid, watched = plan(turn_s=0.1), Recorder()
    together: list[list[Role]] = []
    measured = measurement(tmp_path, laid, Bystander(), watched)
    assert isinstance(measured.load, ScriptedLoad)
    alone = measured.load.run_in_turns

    async def run(slots: Sequence[Slot], targets: Sequence[Target]) -> list[Sample]:
        together.append([slot.role for slot in slots])
        return await alone(slots, targets)

    measured.load.run_in_turns = run  # type: ignore[method-assign]
    records = await measure(measured)
    assert tuple(record.slot for record in records) == laid.slots
    assert [sorted(roles) for roles in together] == [sorted(Role)] * 6
    assert len(watched.slots) == 6
    triples = [records[at : at + 3] for at in range(0, len(records), 3)]
    assert all(len({record.health for record in triple}) == 1 for triple in triples)


async def test_seconds_of_throttling_are_not_counted_thrice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arms in turns were throttled together: the sum over their slots is what there was."""
    monkeypatch.setattr(Snapshot, "until", lambda *_: SlotHealth(steal=0.01, throttled_s=0.3, neighbour_cores=0.2))
    records = await measure(measurement(tmp_path, plan(turn_s=0.1), Bystander()))
    assert sum(record.health.throttled_s or 0.0 for record in records) == pytest.approx(6 * 0.3)
    assert {(record.health.steal, record.health.neighbour_cores) for record in records} == {(0.01, 0.2)}


async def test_a_load_without_turns_cannot_walk_a_plan_with_turns(tmp_path: Path) -> None:
    """Rather than one slot after the other under the name of turns."""
    measured = replace(measurement(tmp_path, plan(turn_s=0.1), Bystander()), load=Alone())
    with pytest.raises(TypeError, match="Alone loads one arm at a time"):
        await measure(measured)
