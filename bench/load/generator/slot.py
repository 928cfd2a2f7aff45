"""What a slot gives, before it is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.observations import Observation


@dataclass(frozen=True, slots=True)
class Outcome:
    """A slot as it was measured."""

    started: float
    """Seconds since the epoch."""
    rows: Sequence[Observation]
    dropped: int
    generator_cores: float
    facts: Mapping[str, Any]
