"""An estimate with the interval that holds the truth at a stated confidence."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """`low <= estimate <= high`; the truth lies in `[low, high]` with probability `confidence` at least."""

    estimate: float
    low: float
    high: float
    confidence: float

    def exp(self) -> "Interval":
        """The same interval of a ratio, when this is one of a log ratio."""
        return Interval(math.exp(self.estimate), math.exp(self.low), math.exp(self.high), self.confidence)
