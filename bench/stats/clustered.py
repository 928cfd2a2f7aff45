"""A share of things that come in blocks, with an interval over the blocks.

Requests of one block share the machine's weather, so that they tell less than as many independent ones: the interval is
Clopper and Pearson's for as many as would scatter like the blocks do. It stays sensible where nearly all or none count,
and where blocks do not differ at all. Source: Korn and Graubard, Confidence intervals for proportions with small
expected number of positive counts estimated from survey data, Survey Methodology 24, 1998.
"""

import math
from collections.abc import Sequence

from bench.errors import TooFewPairs
from bench.stats.interval import Interval

FEWEST_BLOCKS = 2


def share(counts: Sequence[float], totals: Sequence[float], *, alpha: float) -> Interval:
    """`counts` out of `totals`, block by block. Raises TooFewPairs for fewer than two blocks with something in them."""
    blocks = [(count, total) for count, total in zip(counts, totals, strict=True) if total > 0]
    if len(blocks) < FEWEST_BLOCKS:
        raise TooFewPairs(len(blocks), FEWEST_BLOCKS)
    # scipy.special alone loads in a third of the time that scipy.stats takes.
    from scipy.special import betaincinv, stdtrit

    count, total = (math.fsum(column) for column in zip(*blocks, strict=True))
    found, k = count / total, len(blocks)
    variance = k / (k - 1) * math.fsum((one - found * of) ** 2 for one, of in blocks) / total**2
    alike = found * (1 - found) / variance if variance else total
    freedom = (stdtrit(total - 1, 1 - alpha / 2) / stdtrit(k - 1, 1 - alpha / 2)) ** 2 if total > 1 else 1.0
    n = min(alike * freedom, total)
    x = n * found
    low = float(betaincinv(x, n - x + 1, alpha / 2)) if x > 0 else 0.0
    high = float(betaincinv(x + 1, n - x, 1 - alpha / 2)) if x < n else 1.0
    return Interval(found, min(low, found), max(high, found), 1 - alpha)
