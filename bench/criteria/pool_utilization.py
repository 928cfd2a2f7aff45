"""How busy are the connections at the reference load, in the pool of the size that is judged by (pool_choice)?"""

from bench.criteria import pool_evidence
from bench.criteria.pooling import EXPERIMENT, sized
from bench.criteria.reading import Evidence, Reading, Unmeasured

EXPERIMENTS = (EXPERIMENT,)


def read(experiments: Evidence) -> Reading | Unmeasured:
    """A fraction, with its interval over blocks."""
    return pool_evidence.reading(experiments, lambda slots, size: sized(slots, size).utilisation)
