"""What a slot, or several that took turns, give before it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.observations import Observation


@dataclass(frozen=True, slots=True)
class LaneOutcome:
    """The slot of one lane as it was measured."""

    rows: Sequence[Observation]
    dropped: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that was measured together."""

    started: float
    """Seconds since the epoch; the zero of all observations' times."""
    generator_cores: float
    lanes: Sequence[LaneOutcome]
