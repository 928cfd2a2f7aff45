"""Figures of one long series whose neighbours resemble each other: one for each of a few long batches.

Rounds of a micro benchmark follow each other within milliseconds, so they share the machine's weather, and an error
from single rounds is too small. The series is cut into a few long batches in the order in which it was measured; the
figures of the batches hardly know of each other and are what two series are compared by. Source: Law, Simulation
Modeling and Analysis, 5th ed., section 9.5.3 (batch means); `docs/statistics.md` has the simulated coverage.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from bench.errors import TooFewPairs
from bench.stats.quantiles import QUANTILES, needed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

BATCHES = 10
"""Few and long: what neighbouring batches still share makes an interval too narrow, more batches gain little."""
MEAN_NEEDS = 2 * BATCHES


LEAST_WORTH = 1.0
"""Independent rounds that a batch must be worth: below, neighbouring batches are one weather still."""


def rounds_needed(metric: str) -> int:
    """How many values a figure of a series needs: 40 for p50, 400 for p95, 2,000 for p99, 20 for the mean."""
    return needed(QUANTILES[metric]) if metric in QUANTILES else MEAN_NEEDS


def log_figure(values: "ArrayLike", metric: str) -> float:
    """The logarithm of p50, p95, p99 or the mean of positive values.

    Raises TooFewPairs when there are too few for the figure.
    """
    data = np.asarray(values, dtype=np.float64)
    if len(data) < rounds_needed(metric):
        raise TooFewPairs(len(data), rounds_needed(metric))
    return _log(data, metric)


def log_figures(values: "ArrayLike", metric: str) -> list[float]:
    """The same of each batch, in order.

    Raises TooFewPairs when the whole series is too short for the figure.
    """
    log_figure(values, metric)
    return [_log(batch, metric) for batch in np.array_split(np.asarray(values, dtype=np.float64), BATCHES)]


def worth(values: "ArrayLike") -> float:
    """How many independent rounds a batch is worth: its length times (1 - r) / (1 + r), at most its length.

    r is how much a round resembles the one before (lag-1 autocorrelation of the ranks, so that one stall does not
    hide it). Source: Law, section 4.4, for a series whose resemblance fades geometrically.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.asarray(values, dtype=np.float64))
    centred = ranks - ranks.mean()
    spread = float(centred @ centred)
    alike = max(float(centred[1:] @ centred[:-1]) / spread, 0.0) if spread else 0.0
    return len(ranks) / BATCHES * (1 - alike) / (1 + alike)


def _log(data: "NDArray[np.float64]", metric: str) -> float:
    return math.log(float(np.quantile(data, QUANTILES[metric]) if metric in QUANTILES else data.mean()))
