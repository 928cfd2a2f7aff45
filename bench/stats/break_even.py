"""From which hit ratio on does a cache pay, by the time of a mean request?

A mean request with a cache costs (1 - h) x miss + h x hit: a line in the hit ratio h, as long as requests do not queue
behind each other. Each block of neighbouring slots gives one such line, relative to the same requests without a
cache, and the blocks are the unit. Where the cache begins to pay is where the line crosses 1; the interval holds every
hit ratio at which the signed-rank interval over the blocks' lines has both signs. This inverts a test, as Fieller's
interval of a ratio does: the crossing itself is a ratio of two noisy numbers, and its average has no sound interval.
Source of the principle: Fieller, Some problems in interval estimation, JRSS B 16, 1954.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.stats import signed_rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 0.05
STEPS = 400
"""Hit ratios that are tried, a quarter of a per cent apart: finer than any slot can tell."""


@dataclass(frozen=True, slots=True)
class Block:
    """Neighbouring slots with the same requests."""

    without_s: float
    """Mean time of a request without a cache."""
    points: tuple[tuple[float, float], ...]
    """Hit ratio as it was observed, and the mean time of a request."""

    def line(self) -> tuple[float, float]:
        """Cost at no hits and its change up to nothing but hits, both as a share of the cost without a cache.

        By least squares. NaN where all points have one hit ratio.
        """
        hits, seconds = np.asarray(self.points, dtype=np.float64).T
        spread = hits - hits.mean()
        over = float((spread**2).sum())
        slope = float((spread * seconds).sum()) / over if over else float("nan")
        return float(seconds.mean() - slope * hits.mean()) / self.without_s, slope / self.without_s


@dataclass(frozen=True, slots=True)
class BreakEven:
    """What a cache costs without hits, what it saves with nothing but hits, and where these balance.

    All costs are shares of the time without a cache: 0.05 is 5 % dearer. `low` and `high` are 0 or 1 where the
    interval goes on beyond what a hit ratio can be.
    """

    hit_ratio: float | None
    """None where the line does not cross between no hits and nothing but hits."""
    low: float | None
    high: float | None
    """None, both, with fewer blocks than an interval takes, or where no hit ratio is in doubt."""
    at_none: float
    at_all: float
    blocks: int

    @property
    def bounded(self) -> bool:
        """Whether the interval ends on both sides between no hits and nothing but hits."""
        return self.low is not None and self.high is not None and self.low > 0 and self.high < 1


def find(blocks: Sequence[Block]) -> BreakEven | None:
    """Where the cache begins to pay; None where nothing can be said: no block with two hit ratios."""
    lines = np.asarray([block.line() for block in blocks if len(block.points) > 1], dtype=np.float64)
    lines = lines[~np.isnan(lines).any(axis=1)] if len(lines) else lines
    if not len(lines):
        return None
    tried = np.linspace(0, 1, STEPS + 1)
    excess = lines[:, :1] + lines[:, 1:] * tried - 1
    centre = np.asarray([_centre(column) for column in excess.T])
    crossing = _crossing(tried, centre)
    low, high = _doubtful(tried, excess)
    if crossing is not None and len(lines) >= signed_rank.fewest(ALPHA):
        # It may be known better than the ratios that are tried lie apart.
        low, high = (crossing if end is None else end for end in (low, high))
        low, high = min(low, crossing), max(high, crossing)
    return BreakEven(crossing, low, high, float(centre[0]), float(centre[-1]), len(lines))


def _centre(values: "NDArray[np.float64]") -> float:
    """The Hodges-Lehmann estimate, which few values have, too."""
    first, second = np.triu_indices(len(values))
    return float(np.median((values[first] + values[second]) / 2))


def _crossing(tried: "NDArray[np.float64]", centre: "NDArray[np.float64]") -> float | None:
    """The first hit ratio from which the cache is no longer dearer; None where it is so from the start, or never."""
    pays = np.flatnonzero(centre <= 0)
    return None if not len(pays) or pays[0] == 0 else float(tried[pays[0]])


def _doubtful(tried: "NDArray[np.float64]", excess: "NDArray[np.float64]") -> tuple[float | None, float | None]:
    """The hit ratios between which the interval of the excess holds zero."""
    if excess.shape[0] < signed_rank.fewest(ALPHA):
        return None, None
    intervals = [signed_rank.estimate(column, alpha=ALPHA) for column in excess.T]
    doubtful = [ratio for ratio, interval in zip(tried, intervals, strict=True) if interval.low <= 0 <= interval.high]
    return (float(doubtful[0]), float(doubtful[-1])) if doubtful else (None, None)
