"""How much less time does a request take with the tuned pool than with asyncpg's own, all else equal?

The mean latency from the intended start, of the pool of the size that is judged by (`pool_choice`), at the same load in
the same blocks: what waits for a connection is in it, and so is what the reset costs everybody.
"""

from bench.criteria import pool_evidence
from bench.criteria.pooling import EXPERIMENT, Slots, gain
from bench.criteria.reading import Evidence, Reading, Unmeasured
from bench.stats.interval import Interval

EXPERIMENTS = (EXPERIMENT,)


def read(experiments: Evidence) -> Reading | Unmeasured:
    """The fraction by which the mean is lower."""
    return pool_evidence.reading(experiments, _improvement)


def _improvement(slots: Slots, size: int) -> Interval:
    ratio = gain(slots, size)
    return Interval(1 - ratio.estimate, 1 - ratio.high, 1 - ratio.low, ratio.confidence)
