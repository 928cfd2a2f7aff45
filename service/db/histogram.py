"""Durations counted in buckets: cheap enough for every checkout, exact enough for a 99th percentile."""

import math
from bisect import bisect_left
from collections.abc import Sequence

BOUNDS_S = (*(float(f"{step}e{exponent}") for exponent in range(-5, 1) for step in (1, 2, 5)), 10.0)
"""Upper bounds in seconds: 10 µs, 20 µs, 50 µs, ... 10 s. A longer duration is counted above the last."""


class Histogram:
    """Counts and the sum of durations."""

    __slots__ = ("counts", "sum_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.sum_s += seconds


def quantile(counts: Sequence[int], share: float) -> float:
    """The upper bound in seconds of the bucket in which the quantile lies, so never too low.

    It is infinite above the last bound, and not a number when nothing was counted.
    """
    total = sum(counts)
    if not total:
        return math.nan
    rank, below = math.ceil(share * total), 0
    for bound, count in zip((*BOUNDS_S, math.inf), counts, strict=True):
        below += count
        if below >= max(rank, 1):
            return bound
    raise AssertionError(f"{share} is more than everything")
