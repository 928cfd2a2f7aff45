"""Run the slots of a plan in their order, one after the other, or those of a triple in turns.

Promises: exactly one arm is under load at a time; every slot's observations are on disk before the next
slot begins; the arms are proved to be themselves before each block, or each triple; nothing is judged here.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Literal, Protocol

from bench.environment import OwnProcesses, Snapshot
from bench.load import Load, LoadInTurns, Sample, Target
from bench.model import Effect, Look, Plan, Role, Slot, SlotRecord
from bench.runner.progress import Progress
from bench.runner.summary import summarise

Records = tuple[SlotRecord, ...]


class Judge(Protocol):
    """What the runner asks while it runs; the answers are pure functions of the records so far."""

    def provisional(self, records: Records) -> Effect | None:
        """Answer the main effect as it looks so far, for display only."""

    def decided(self, records: Records, look: Look) -> bool:
        """Tell whether every claim that rests on this experiment is decided at this look."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything that one walk over a plan needs."""

    plan: Plan
    load: Load
    """A LoadInTurns where the slots of the plan have turns."""
    targets: Mapping[Role, Target]
    """Asked anew for every slot: `verify` may start arms again, and they have other addresses then."""
    verify: Callable[[], Awaitable[None]]
    """Raises SubjectError when an arm is not what it should be."""
    judge: Judge
    keep: Callable[[Records], None]
    """Called after every block with all records so far: what was measured survives whatever comes."""
    own: OwnProcesses
    root: Path
    offered_rate: float | None
    progress: Progress
    verify_each: Literal["block", "triple"] = "block"
    """How often `verify` is called: before each block, or before each triple of it."""


async def measure(measurement: Measurement) -> Records:
    """Walk the plan until its end or until a look decides; answer the records of all slots that ran."""
    plan = measurement.plan
    measurement.progress.planned(plan)
    looks = {look.pairs: look for look in plan.looks}
    records: Records = ()
    for slots in _together(plan):
        if not records or _number(records[-1].slot, measurement) != _number(slots[0], measurement):
            await measurement.verify()
        records = (*records, *await _run(measurement, slots))
        measurement.progress.slot_ended(records[-1], measurement.judge.provisional(records))
        if _ends_block(plan, slots[-1].index):
            measurement.keep(records)
            look = looks.get(slots[-1].triple + 1)
            if look is not None and measurement.judge.decided(records, look):
                break
    return records


def _together(plan: Plan) -> Iterator[list[Slot]]:
    """The slots that run at a time: one, or a triple whose arms take turns."""
    for _, slots in groupby(plan.slots, key=lambda slot: (slot.triple, 0 if slot.turn_s else slot.index)):
        yield list(slots)


async def _run(measurement: Measurement, slots: Sequence[Slot]) -> list[SlotRecord]:
    targets = [measurement.targets[slot.role] for slot in slots]
    measurement.progress.slot_started(slots[0])
    before = Snapshot.take(measurement.own)
    samples = await _loaded(measurement.load, slots, targets)
    health = before.until(Snapshot.take(measurement.own))
    # What disturbed arms in turns, disturbed all alike; a sum of seconds is shared.
    if health.throttled_s is not None:
        health = replace(health, throttled_s=health.throttled_s / len(slots))
    return [
        summarise(
            slot,
            target.arm,
            sample,
            health=health,
            offered_rate=measurement.offered_rate,
            root=measurement.root,
        )
        for slot, target, sample in zip(slots, targets, samples, strict=True)
    ]


async def _loaded(load: Load, slots: Sequence[Slot], targets: Sequence[Target]) -> list[Sample]:
    if not slots[0].turn_s:
        return [await load.run(slots[0], targets[0])]
    if not isinstance(load, LoadInTurns):
        raise TypeError(f"{type(load).__name__} loads one arm at a time; its plan has turns")
    return await load.run_in_turns(slots, targets)


def _number(slot: Slot, measurement: Measurement) -> int:
    return slot.block if measurement.verify_each == "block" else slot.triple


def _ends_block(plan: Plan, position: int) -> bool:
    following = plan.slots[position + 1 : position + 2]
    return not following or following[0].block != plan.slots[position].block
