"""What a criterion reads from the evidence, before it is held against a threshold."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.model import ExperimentRecord

Evidence = Mapping[str, ExperimentRecord]
"""The experiments of a run by name; one that was not run is absent."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value in the unit of its claim. `low` and `high` are its interval; all three equal for an exact count."""

    value: float
    low: float
    high: float
    confidence: float
    n: int
    """What the value rests on: pairs where it comes from pairs, else the things that were looked at."""
    mde: float | None = None
    """Smallest relative change that these pairs find with 80 % power."""
    evidence: tuple[str, ...] = ()
    """Files of the run folder that show it."""
    log_scale: bool = False
    """Whether the value is `1 - ratio` or a ratio of an effect, so that more pairs narrow it on the log scale."""


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why there is no reading."""

    reason: str
