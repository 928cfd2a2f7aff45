"""A quantile that no single slot supports, from all slots of one kind, with an interval over their blocks.

Requests of one slot share the machine's weather, so the interval comes from what leaving out whole blocks (jackknife)
or drawing them again (bootstrap, seeded) does to the estimate, whichever is more, on the log scale, with Student's t:
as in `bench.stats.spread`, for one arm alone.
"""

import math
from typing import TYPE_CHECKING

import numpy as np

from bench.stats.interval import Interval
from bench.stats.quantiles import needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST_BLOCKS = 6
"""Below six no standard error over blocks is worth an interval."""
DRAWS = 200
"""A standard error from 200 draws is itself good to 5 % (Efron, Tibshirani 1993, 6.4)."""


def quantile(blocks: "Sequence[NDArray[np.float64]]", q: float, *, alpha: float) -> Interval | None:
    """The quantile of all values; None with too few blocks, or too few values for it (`quantiles.needed`)."""
    n = len(blocks)
    if n < FEWEST_BLOCKS or sum(len(block) for block in blocks) < needed(q):
        return None
    left_out = np.asarray([_log_quantile([*blocks[:i], *blocks[i + 1 :]], q) for i in range(n)])
    jackknife = math.sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))
    drawn = [
        _log_quantile([blocks[i] for i in row], q) for row in np.random.default_rng(0).integers(n, size=(DRAWS, n))
    ]
    # Drawing n of n blocks shows (n - 1) / n of the variance.
    error = max(jackknife, math.sqrt(n / (n - 1)) * float(np.std(drawn, ddof=1)))
    # scipy.special alone loads in a third of the time that scipy.stats takes.
    from scipy.special import stdtrit

    whole, reach = _log_quantile(blocks, q), float(stdtrit(n - 1, 1 - alpha / 2)) * error
    return Interval(whole, whole - reach, whole + reach, 1 - alpha).exp()


def _log_quantile(blocks: "Sequence[NDArray[np.float64]]", q: float) -> float:
    return math.log(float(np.quantile(np.concatenate(blocks), q)))
