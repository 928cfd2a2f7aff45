"""A quantile that no single slot supports, from all slots of one kind, with an interval over their blocks.

Requests of one slot share the machine's weather, so the interval comes from what leaving out whole blocks does to the
estimate (jackknife), on the log scale, with Student's t: as in `bench.stats.spread`, for one arm alone.
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


def quantile(blocks: "Sequence[NDArray[np.float64]]", q: float, *, alpha: float) -> Interval | None:
    """The quantile of all values; None with too few blocks, or too few values for it (`quantiles.needed`)."""
    n = len(blocks)
    if n < FEWEST_BLOCKS or sum(len(block) for block in blocks) < needed(q):
        return None
    whole = math.log(float(np.quantile(np.concatenate(blocks), q)))
    without = np.asarray(
        [math.log(float(np.quantile(np.concatenate([*blocks[:i], *blocks[i + 1 :]]), q))) for i in range(n)]
    )
    error = math.sqrt((n - 1) / n * float(((without - without.mean()) ** 2).sum()))
    # scipy.special alone loads in a third of the time that scipy.stats takes.
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1, 1 - alpha / 2)) * error
    return Interval(whole, whole - reach, whole + reach, 1 - alpha).exp()
