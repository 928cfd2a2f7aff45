"""The slots of the experiment `pool`, or why there are none to read."""

from collections.abc import Callable

from bench.criteria import evidence, pooling
from bench.criteria.pool_choice import choice, spanned
from bench.criteria.pooling import ALPHA, Slots
from bench.criteria.reading import Evidence, Reading, Unmeasured
from bench.stats.interval import Interval


def reading(experiments: Evidence, found: Callable[[Slots, int], Interval]) -> Reading | Unmeasured:
    """What `found` says of the recommended size, as far as it is decided which one that is."""
    record = evidence.measured(experiments, pooling.EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    slots: Slots = record.facts.get("slots", ())
    if not pooling.enough(slots):
        return Unmeasured(f"Too few blocks; at least {pooling.blocks_needed()} are needed: give a larger --budget.")
    chosen = choice(slots, record.facts["sizes"])
    interval = spanned(chosen, lambda size: found(slots, size))
    return Reading(
        interval.estimate,
        interval.low,
        interval.high,
        confidence=1 - ALPHA,
        n=len(pooling.of(slots, pooling.name_of(chosen.size))),
        evidence=evidence.figures(record),
    )
