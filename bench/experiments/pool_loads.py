"""The pools beyond the reference load: at less and at more of it, and at the most that they hold.

Only a budget that holds all sizes in the fewest blocks goes on to these: they widen the answer, they do not decide it.
"""

import random
from collections.abc import Iterator, Mapping
from typing import Any

from bench.criteria.pooling import BASIC
from bench.errors import LoadError
from bench.experiments.arms import Arm
from bench.experiments.context import Bench
from bench.experiments.pool_slots import OVERHEAD_S, measured
from bench.load.locust import LocustLoad
from bench.model import Role, Slot
from bench.spec import ExperimentSpec

SIZES = (5, 2, 3, 8, 13, 10, 20, 4, 1, 6, 15, 30, 40)
"""In the order in which a budget has room for them: wide steps first, then what lies between."""
LOADS = (0.5, 1.5)
"""Times the reference load."""
USERS = 60
"""Who each send the next request when the last is answered: more than the largest pool has connections."""
BLOCKS = 3
REFERENCE_BLOCKS = 12
"""At the reference load, which decides: more sizes only where each has so many."""


def has_room(timing: ExperimentSpec) -> bool:
    """Whether the budget holds these loads after all sizes at the reference load."""
    reference = (len(SIZES) + 1) * REFERENCE_BLOCKS
    return timing.budget_s >= (reference + _slots()) * (timing.slot_s + OVERHEAD_S)


def taken_s(timing: ExperimentSpec) -> float:
    """Seconds of the budget that are theirs."""
    return _slots() * (timing.slot_s + OVERHEAD_S) if has_room(timing) else 0.0


def _slots() -> int:
    return (len(LOADS) + 1) * BLOCKS * len(SIZES)


async def walk(
    bench: Bench, services: Mapping[str, Arm], load: LocustLoad, rate: float, indexes: Iterator[int]
) -> None:
    """Put each tuned pool under each load, in blocks of random order; what cannot hold one has fewer slots there."""
    facts, order = bench.draft.facts, random.Random(bench.seed + 1)
    facts["loads"] = [{"rate": share * rate, "slots": []} for share in LOADS]
    facts["saturation"] = {"users": USERS, "slots": []}
    places = [(f"{at['rate']:.0f} requests/s", load.open_model(at["rate"]), at["slots"]) for at in facts["loads"]]
    places.append((f"{USERS} users at a time", load.closed_model(USERS), facts["saturation"]["slots"]))
    tuned = [name for name in services if name != BASIC]
    for block in range(BLOCKS):
        for said, model, slots in places:
            bench.progress.stage(f"pool: {said}, block {block + 1} of {BLOCKS}")
            seed = order.randrange(2**32)
            whole: list[dict[str, Any]] = []
            for name in order.sample(tuned, len(tuned)):
                slot = Slot(
                    next(indexes), block, block, Role.CANDIDATE, seed, bench.timing.slot_s, bench.timing.discard_s
                )
                try:
                    whole.append((await measured(bench, services[name], slot, model)).facts)
                except LoadError:
                    bench.progress.note(f"pool: {name} cannot hold {said}")
            # At once: a size that is missing in a block could not hold the load, and did not fall to an interrupt.
            slots.extend(whole)
        bench.save()
