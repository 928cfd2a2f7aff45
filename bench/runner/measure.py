"""Run the slots of a plan in their order, one after the other.

Promises: exactly one arm is under load at a time; every slot's observations are on disk before the next
slot begins; the arms are proved to be themselves before each block, or each triple; nothing is judged here.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from bench.environment import OwnProcesses, Snapshot
from bench.load import Load, Target
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
    for position, slot in enumerate(plan.slots):
        if position == 0 or _number(plan.slots[position - 1], measurement) != _number(slot, measurement):
            await measurement.verify()
        record = await _run(measurement, slot)
        records = (*records, record)
        measurement.progress.slot_ended(record, measurement.judge.provisional(records))
        if _ends_block(plan, position):
            measurement.keep(records)
            look = looks.get(slot.triple + 1)
            if look is not None and measurement.judge.decided(records, look):
                break
    return records


async def _run(measurement: Measurement, slot: Slot) -> SlotRecord:
    target = measurement.targets[slot.role]
    measurement.progress.slot_started(slot)
    before = Snapshot.take(measurement.own)
    sample = await measurement.load.run(slot, target)
    health = before.until(Snapshot.take(measurement.own))
    return summarise(
        slot,
        target.arm,
        sample,
        health=health,
        offered_rate=measurement.offered_rate,
        root=measurement.root,
    )


def _number(slot: Slot, measurement: Measurement) -> int:
    return slot.block if measurement.verify_each == "block" else slot.triple


def _ends_block(plan: Plan, position: int) -> bool:
    following = plan.slots[position + 1 : position + 2]
    return not following or following[0].block != plan.slots[position].block
