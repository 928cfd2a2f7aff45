"""A share over blocks holds the truth as often as it says, in even and in uneven weather."""

import numpy as np
import pytest

from bench.errors import TooFewPairs
from bench.stats.clustered import share


@pytest.mark.parametrize(("mean", "spread"), [(0.99, 0.0), (0.99, 0.01), (0.9, 0.05), (0.5, 0.2)])
def test_the_truth_lies_in_nineteen_of_twenty_intervals(mean: float, spread: float) -> None:
    """Twelve blocks of 500 whose own shares scatter: three standard errors below 95 % at worst."""
    drawn, sessions, held = np.random.default_rng(3), 600, 0
    for _ in range(sessions):
        if spread:
            weight = mean * (1 - mean) / spread**2 - 1
            own = drawn.beta(mean * weight, (1 - mean) * weight, 12)
        else:
            own = np.full(12, mean)
        found = share(drawn.binomial(500, own).tolist(), [500] * 12, alpha=0.05)
        held += found.low <= mean <= found.high
    assert held / sessions >= 0.95 - 3 * (0.95 * 0.05 / sessions) ** 0.5


def test_blocks_that_differ_say_less_than_blocks_that_agree() -> None:
    """The same share of the same number: its interval is wider where one block has all of the misses."""
    even, uneven = share([95] * 6, [100] * 6, alpha=0.05), share([100] * 5 + [70], [100] * 6, alpha=0.05)
    assert even.estimate == uneven.estimate == pytest.approx(0.95)
    assert uneven.low < even.low < 0.95 < even.high < uneven.high


def test_all_and_none_have_an_interval_too() -> None:
    """Where no block saw one, the next still may: the interval does not shrink to a point."""
    assert 0.97 < share([100] * 6, [100] * 6, alpha=0.05).low < share([100] * 6, [100] * 6, alpha=0.05).high == 1.0
    assert share([0] * 6, [100] * 6, alpha=0.05).low == 0.0 < share([0] * 6, [100] * 6, alpha=0.05).high


def test_one_block_has_no_interval() -> None:
    """Nor has one beside an empty one."""
    with pytest.raises(TooFewPairs):
        share([5, 0], [10, 0], alpha=0.05)
