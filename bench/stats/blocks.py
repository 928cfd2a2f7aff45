"""Contrasts between many arms that were each measured once in every block.

An observation is its arm's mean plus its block's weather plus noise. A contrast whose weights sum to nothing is free
of the weather. The noise is what neither arm nor block explains, pooled over a family of arms; there the interval
takes its width from, and so two blocks may do where pairs would need six. Source: Box, Hunter, Hunter, Statistics for
Experimenters, 2nd ed., section 4.2 (randomised blocks); `docs/statistics.md` has the simulated coverage.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import TooFewPairs
from bench.stats.interval import Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FEWEST_BLOCKS = 2
"""One block has no noise to tell."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A contrast with its standard error, which `freedom` degrees of freedom stand behind."""

    value: float
    error: float
    freedom: int

    def interval(self, alpha: float) -> Interval:
        """Student's interval of confidence `1 - alpha`."""
        from scipy.special import stdtrit

        reach = float(stdtrit(self.freedom, 1 - alpha / 2)) * self.error
        return Interval(self.value, self.value - reach, self.value + reach, 1 - alpha)


def contrast(table: "NDArray[np.float64]", weights: "NDArray[np.float64]", family: Sequence[int]) -> Estimate:
    """The weighted sum of the arms' means; `table` has a row a block and a column an arm.

    `family` are the columns whose noise is pooled: those of the arms with weights, and their like.
    Raises TooFewPairs below two blocks, ValueError when the weights do not sum to nothing.
    """
    blocks = len(table)
    if blocks < FEWEST_BLOCKS:
        raise TooFewPairs(blocks, FEWEST_BLOCKS)
    if not math.isclose(float(weights.sum()), 0, abs_tol=1e-9):
        raise ValueError("the weights of a contrast sum to nothing")
    variance, freedom = _noise(table[:, list(family)])
    value = float(table.mean(axis=0) @ weights)
    return Estimate(value, math.sqrt(variance * float(weights @ weights) / blocks), freedom)


def _noise(table: "NDArray[np.float64]") -> tuple[float, int]:
    """The variance of what neither row nor column explains, and its degrees of freedom."""
    residuals = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    return float((residuals**2).sum()) / freedom, freedom
