"""Hodges-Lehmann shift between two independent samples, with the interval that inverts the rank-sum test.

The estimate is the median of all differences between a value of the one and a value of the other; the interval
runs between two of those differences, counted in from both ends. It keeps its confidence for any shape that both
samples share. Source: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 3rd ed., sections 4.2 and 4.3.
"""

import math
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from bench.errors import TooFewPairs
from bench.stats.interval import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

EXACT_UP_TO = 40
"""Largest n + m with the exact null distribution: its counts stay below 2**53 and so exact in a float."""


def shift(over: "ArrayLike", under: "ArrayLike", *, alpha: float) -> Interval:
    """Estimate by how much `over` lies above `under`, with an interval of confidence `1 - alpha`.

    Raises TooFewPairs, counted in the smaller sample, when so few values cannot reach `alpha` at all.
    """
    one, other = np.asarray(over, dtype=np.float64), np.asarray(under, dtype=np.float64)
    inset = _inset(len(one), len(other), alpha)
    if inset == 0:
        raise TooFewPairs(min(len(one), len(other)), fewest(alpha))
    differences = np.sort(np.subtract.outer(one, other), axis=None)
    return Interval(float(np.median(differences)), float(differences[inset - 1]), float(differences[-inset]), 1 - alpha)


def fewest(alpha: float) -> int:
    """The smallest size of two equal samples that can reach `alpha`: 4 at 0.05."""
    size = 1
    while 2 / math.comb(2 * size, size) > alpha:
        size += 1
    return size


def distribution(m: int, n: int) -> "NDArray[np.float64]":
    """P(U <= u) for u = 0 .. m * n under the null hypothesis, U the number of pairs in which the first is larger."""
    # Gaussian binomial coefficient: multiplied by (1 - x^(n + i)), divided by (1 - x^i), for i = 1 .. m.
    counts = np.zeros(m * n + 1)
    counts[0] = 1
    for i in range(1, m + 1):
        if n + i <= m * n:
            counts[n + i :] = counts[n + i :] - counts[: m * n + 1 - n - i]
        for at in range(i, m * n + 1):
            counts[at] += counts[at - i]
    return np.cumsum(counts) / math.comb(m + n, m)


@cache
def _inset(m: int, n: int, alpha: float) -> int:
    """How many differences lie outside the interval at each end, plus one; 0 when no interval exists."""
    if min(m, n) == 0:
        return 0
    if m + n <= EXACT_UP_TO:
        return int(np.count_nonzero(distribution(m, n) <= alpha / 2))
    deviation = math.sqrt(m * n * (m + n + 1) / 12)
    # 0.5 is the correction for continuity: U takes whole numbers.
    return max(0, math.floor(m * n / 2 - 0.5 + NormalDist().inv_cdf(alpha / 2) * deviation) + 1)
