"""Early looks keep the error that they promise together."""

import numpy as np
import pytest

from bench.model import Look
from bench.stats import looks, signed_rank


@pytest.mark.parametrize(
    ("pairs", "moments"),
    [(6, [6]), (8, [8]), (12, [12]), (14, [8, 10, 14]), (16, [8, 12, 16]), (20, [8, 14, 20]), (40, [16, 28, 40])],
)
def test_looks_by_the_number_of_pairs(pairs, moments):
    """Fewer than 14 pairs are judged once; from there on at 40 %, 70 % and all of them."""
    assert [look.pairs for look in looks.schedule(pairs)] == moments


@pytest.mark.parametrize("pairs", range(6, 200, 2))
def test_every_look_falls_on_a_whole_block_and_can_decide(pairs):
    """Looks are even, rise, end at the last pair, and none comes before its level can be reached."""
    schedule = looks.schedule(pairs)
    moments = [look.pairs for look in schedule]
    assert moments == sorted(set(moments))
    assert moments[-1] == pairs
    for look in schedule:
        assert look.pairs % 2 == 0
        assert look.pairs >= signed_rank.fewest(look.alpha)


@pytest.mark.parametrize("pairs", [14, 20])
def test_any_of_three_looks_misses_in_five_percent_at_most(pairs):
    """Over 3,000 seeded runs the chance that any look misses the truth stays at 5 % (three standard errors allowed)."""
    rng, schedule, missed = np.random.default_rng(8), looks.schedule(pairs), 0
    for _ in range(3_000):
        values = rng.normal(0, 1, pairs)
        intervals = (signed_rank.estimate(values[: look.pairs], alpha=look.alpha) for look in schedule)
        missed += any(not interval.low <= 0 <= interval.high for interval in intervals)
    assert missed / 3_000 <= 0.05 + 3 * (0.05 * 0.95 / 3_000) ** 0.5


def test_the_level_is_that_of_the_next_look():
    """A run cut off between two looks is judged in place of the next; beyond the last one its level holds."""
    plan = (Look(8, 0.001), Look(14, 0.014), Look(20, 0.045))
    assert [looks.level(plan, pairs) for pairs in (7, 8, 9, 14, 20, 22)] == [0.001, 0.001, 0.014, 0.014, 0.045, 0.045]
    assert looks.level((), 9) == 0.05
