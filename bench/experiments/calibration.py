"""Rounds of a calibration: the same service at the same moments, as it is and slowed by exact amounts.

Promises: each condition has a triple of its own, measured as a comparison measures one, so that no process serves more
requests than the one it is held against; the arms are started again before every round, as a comparison starts them
before every pair; a round is handed on as soon as it is complete; the samples go when they were read.
"""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.environment import OwnProcesses, Snapshot
from bench.experiments.comparison import Arms
from bench.experiments.comparison_plan import Slots
from bench.faults.slowed import prefix
from bench.judge.trials import Round, Triple
from bench.load import LoadInTurns, Target
from bench.model import Role, Slot, SlotRecord
from bench.model.calibration import AA, Condition
from bench.runner import summarise

WARM_S = 1.0
SIZES = (0.02, 0.05, 0.10, 0.20)


def conditions(sizes: Sequence[float] = SIZES) -> tuple[Condition, ...]:
    """A/A, and every slowdown as work and as waiting."""
    return (AA, *(Condition(kind, size) for size in sizes for kind in ("cpu", "wait")))


@dataclass(frozen=True, slots=True)
class Range:
    """Where a calibration takes place."""

    arms: Arms
    load: LoadInTurns
    rate: float
    slots: Slots
    median_s: float
    """Of which slowdowns are shares."""
    root: Path
    own: OwnProcesses
    read: Callable[[SlotRecord], None]
    """Called with every slot while its samples are there."""

    @property
    def turn_s(self) -> float:
        """Of every arm of a round; where a comparison takes one slot after the other, each has one turn."""
        return self.slots.turn_s or self.slots.judged_s


async def rounds(
    place: Range, chosen: Sequence[Condition], count: int, seed: int, told: Callable[[int], None]
) -> AsyncIterator[Round]:
    """So many rounds, one after the other; `told` hears the number of each before it begins.

    Raises SubjectError when an arm stops or does not obey.
    """
    order = random.Random(seed)
    for number in range(count):
        told(number)
        await place.arms.renew()
        await _warm(place, order.randrange(2**32))
        yield await _round(place, chosen, number, order)


async def _round(place: Range, chosen: Sequence[Condition], number: int, order: random.Random) -> Round:
    # None of them always meets the processes as they were just started.
    shuffled = order.sample(range(len(chosen)), len(chosen))
    found = {
        chosen[at]: await _triple(place, chosen[at], number * len(chosen) + at, order.randrange(2**32))
        for at in shuffled
    }
    return Round({condition: found[condition] for condition in chosen}, place.arms.records())


async def _triple(place: Range, condition: Condition, number: int, seed: int) -> Triple:
    roles = (Role.BASELINE, Role.CONTROL, Role.CANDIDATE)
    # As much load as a comparison judges of a slot; what it discards to warm up has been done here.
    slots = [
        Slot(number * len(roles) + at, number, number, role, seed, place.slots.judged_s, 0.0, place.turn_s)
        for at, role in enumerate(roles)
    ]
    targets = [
        _slowed(place.arms.targets[role], condition if role is Role.CANDIDATE else AA, place.median_s) for role in roles
    ]
    return Triple(*await _measured(place, slots, targets))


async def _warm(place: Range, seed: int) -> None:
    """Without this the first triple of a round would be that of fresh processes."""
    for role, target in place.arms.targets.items():
        sample = await place.load.run(Slot(0, -1, -1, role, seed, WARM_S, 0.0), target)
        sample.path.unlink()


async def _measured(place: Range, slots: Sequence[Slot], targets: Sequence[Target]) -> list[SlotRecord]:
    before = Snapshot.take(place.own)
    samples = await place.load.run_in_turns(slots, targets)
    health = before.until(Snapshot.take(place.own))
    records = [
        summarise(slot, target.arm, sample, health=health, offered_rate=place.rate, root=place.root)
        for slot, target, sample in zip(slots, targets, samples, strict=True)
    ]
    for record, sample in zip(records, samples, strict=True):
        place.read(record)
        sample.path.unlink()
    return records


def _slowed(target: Target, condition: Condition, median_s: float) -> Target:
    """The target, with what is added to every request to it in its address."""
    added_s = condition.slowdown * median_s
    added = {"cpu": prefix(cpu_s=added_s), "wait": prefix(wait_s=added_s)}
    return Target(target.arm, target.base_url + added.get(condition.injected, prefix()))
