"""Rounds of a calibration: the same service at the same moments, as it is and slowed by exact amounts.

Promises: one arm is under load at a time; the arms are started again before every round, as a comparison starts them
before every pair; a round is handed on as soon as it is complete; the samples go when they were read.
"""

import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.environment import OwnProcesses, Snapshot
from bench.errors import SubjectError
from bench.experiments.comparison import Arms
from bench.faults.slowed import PATH, Slowdown
from bench.judge.trials import Round
from bench.load import Load, Target
from bench.model import Role, Slot, SlotRecord
from bench.model.calibration import AA, Condition
from bench.runner import summarise

CONTROL_LIMIT_S = 10.0
WARM_S = 1.0
SIZES = (0.02, 0.05, 0.10, 0.20)


def conditions(sizes: Sequence[float] = SIZES) -> tuple[Condition, ...]:
    """A/A, and every slowdown as work and as waiting."""
    return (AA, *(Condition(kind, size) for size in sizes for kind in ("cpu", "wait")))


@dataclass(frozen=True, slots=True)
class Range:
    """Where a calibration takes place."""

    arms: Arms
    load: Load
    rate: float
    slot_s: float
    discard_s: float
    median_s: float
    """Of which slowdowns are shares."""
    root: Path
    own: OwnProcesses
    read: Callable[[SlotRecord], None]
    """Called with every slot while its samples are there."""


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
    seed = order.randrange(2**32)
    # The candidate's process is every condition in turn; only what it is told differs.
    steps: list[tuple[Role, Condition]] = [(Role.BASELINE, AA), (Role.CONTROL, AA)]
    steps += [(Role.CANDIDATE, condition) for condition in chosen]
    order.shuffle(steps)
    found: dict[tuple[Role, Condition], SlotRecord] = {}
    for place_in_round, step in enumerate(steps):
        role, condition = step
        target = place.arms.targets[role]
        if role is Role.CANDIDATE:
            await _slow(target, condition, place.median_s)
        index = number * len(steps) + place_in_round
        slot = Slot(index, number, number, role, seed, place.slot_s, place.discard_s)
        found[step] = await _measured(place, slot, target)
    slots: Mapping[Condition, SlotRecord] = {each: found[Role.CANDIDATE, each] for each in chosen}
    return Round(found[Role.BASELINE, AA], found[Role.CONTROL, AA], slots, place.arms.records())


async def _warm(place: Range, seed: int) -> None:
    """The candidate has more slots than the others: without this its first alone would be that of a fresh process."""
    for role, target in place.arms.targets.items():
        sample = await place.load.run(Slot(0, -1, -1, role, seed, WARM_S, 0.0), target)
        sample.path.unlink()


async def _measured(place: Range, slot: Slot, target: Target) -> SlotRecord:
    before = Snapshot.take(place.own)
    sample = await place.load.run(slot, target)
    health = before.until(Snapshot.take(place.own))
    record = summarise(slot, target.arm, sample, health=health, offered_rate=place.rate, root=place.root)
    place.read(record)
    sample.path.unlink()
    return record


async def _slow(target: Target, condition: Condition, median_s: float) -> None:
    added_s = condition.slowdown * median_s
    wanted = Slowdown(
        cpu_s=added_s if condition.injected == "cpu" else 0.0, wait_s=added_s if condition.injected == "wait" else 0.0
    )
    try:
        async with httpx.AsyncClient(base_url=target.base_url, timeout=CONTROL_LIMIT_S, trust_env=False) as client:
            (await client.put(PATH, content=wanted.model_dump_json())).raise_for_status()
    except httpx.HTTPError as error:
        raise SubjectError(
            f"The service at {target.base_url} does not let itself be slowed: {str(error) or type(error).__name__}"
        ) from error
