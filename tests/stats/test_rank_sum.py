"""The shift between two samples: laws, enumeration, and scipy's test as the judge."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from bench.errors import TooFewPairs
from bench.stats import rank_sum

ALPHA = 0.05


@pytest.mark.parametrize(("m", "n"), [(1, 3), (4, 4), (5, 6), (7, 3)])
def test_the_distribution_is_that_of_all_orders(m, n):
    """Counted over every way in which the two samples can be mixed."""
    counts = Counter(
        sum(place > other for place in chosen for other in set(range(m + n)) - set(chosen))
        for chosen in combinations(range(m + n), m)
    )
    cumulated = np.cumsum([counts[u] for u in range(m * n + 1)]) / counts.total()
    assert rank_sum.distribution(m, n) == pytest.approx(cumulated)


@pytest.mark.parametrize(("m", "n"), [(4, 4), (8, 9), (12, 20), (20, 20)])
def test_ends_are_where_scipys_exact_test_begins_to_reject(m, n):
    """Just outside the interval the exact test rejects, just inside it does not."""
    rng = np.random.default_rng(m)
    over, under = rng.normal(1, 1, m), rng.normal(0, 1, n)
    interval = rank_sum.shift(over, under, alpha=ALPHA)
    for end, outwards in ((interval.low, -1e-9), (interval.high, 1e-9)):
        assert mannwhitneyu(over - end - outwards, under, method="exact").pvalue <= ALPHA
        assert mannwhitneyu(over - end + outwards, under, method="exact").pvalue > ALPHA


def test_the_approximation_takes_over_without_a_step():
    """For samples at the border, exact and approximate bounds lie at most one difference apart."""
    for m, n in ((20, 20), (12, 28)):
        exact = int(np.count_nonzero(rank_sum.distribution(m, n) <= ALPHA / 2))
        rank_sum._inset.cache_clear()
        before, rank_sum.EXACT_UP_TO = rank_sum.EXACT_UP_TO, 0
        try:
            assert abs(rank_sum._inset(m, n, ALPHA) - exact) <= 1
        finally:
            rank_sum.EXACT_UP_TO = before
            rank_sum._inset.cache_clear()


def test_swapping_the_samples_turns_the_interval_round():
    """The law of any shift."""
    rng = np.random.default_rng(1)
    one, other = rng.normal(0, 1, 8), rng.normal(0, 1, 11)
    there, back = rank_sum.shift(one, other, alpha=ALPHA), rank_sum.shift(other, one, alpha=ALPHA)
    assert (there.estimate, there.low, there.high) == pytest.approx((-back.estimate, -back.high, -back.low))


@pytest.mark.parametrize(("size", "alpha"), [(4, 0.05), (5, 0.05 / 3), (6, 0.05 / 10)])
def test_the_fewest_that_reach_a_level_are_told(size, alpha):
    """That many give an interval, one less gives an error with the number needed."""
    values = np.arange(size, dtype=float)
    assert rank_sum.fewest(alpha) == size
    assert rank_sum.shift(values, values, alpha=alpha).estimate == 0
    with pytest.raises(TooFewPairs) as told:
        rank_sum.shift(values[1:], values[1:], alpha=alpha)
    assert (told.value.have, told.value.need) == (size - 1, size)


def test_an_empty_sample_has_no_interval():
    """Nothing cannot be compared."""
    with pytest.raises(TooFewPairs):
        rank_sum.shift([], [1.0, 2.0], alpha=ALPHA)
