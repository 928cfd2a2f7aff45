"""The share of a harm that a remedy prevents, from blocks with the harm measured without and with it.

In a block, `without` and `with_remedy` are what the harm adds to a run that has none. The remedy prevents the share p
when `(1 - p) * without - with_remedy` is centred on nothing, so the interval is that of all p which the signed-rank
test does not reject: Fieller's idea with an exact test in place of Student's. Every average of two blocks is nothing at
one p, `1 - (their harms with) / (their harms without)`, and the interval runs between two of these, counted in from
both ends as for Hodges and Lehmann. A bootstrap of so few blocks, or a mean of ratios, would promise more than it
keeps. Source of the test: Hollander, Wolfe, Chicken, Nonparametric Statistical Methods, 3rd ed., section 3.3.

Harms are counts. Where the remedy leaves none, or as many in each block, the blocks do not scatter and the rank
interval shrinks to a point, as if a share could be known from what happens not to have been seen. So the interval
reaches at least as far as the exact one of the pooled count: of all harms so many were left (`bench.stats.proportion`).
"""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bench.stats import proportion, signed_rank
from bench.stats.interval import Interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def prevented(without: "ArrayLike", with_remedy: "ArrayLike", *, alpha: float) -> Interval:
    """The prevented share with its interval of confidence `1 - alpha`; negative where the remedy harms.

    Raises TooFewPairs when so few blocks cannot reach `alpha`, and ValueError when a block has no harm to prevent.
    """
    harm, left = np.asarray(without, dtype=np.float64), np.asarray(with_remedy, dtype=np.float64)
    if len(harm) and harm.min() <= 0:
        raise ValueError("a block without harm has nothing to prevent")
    first, second = np.triu_indices(len(harm))
    shares = 1 - (left[first] + left[second]) / (harm[first] + harm[second])
    ranked = signed_rank.between(np.sort(shares), len(harm), alpha=alpha)
    all_ = max(1, math.floor(harm.sum()))
    kept = proportion.share(min(max(0, math.ceil(left.sum())), all_), all_, alpha=alpha)
    return replace(ranked, low=min(ranked.low, 1 - kept.high), high=max(ranked.high, 1 - kept.low))
