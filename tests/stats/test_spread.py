"""The ratio of tail ratios and its interval."""

import numpy as np
import pytest

from bench.errors import TooFewPairs
from bench.stats import spread
from bench.stats.interval import Interval


def slots(seed: int, *, pairs: int = 8, requests: int = 300, stretch: float = 1.0) -> list[np.ndarray]:
    """Slots of one arm: log-normal times in weather of their own; `stretch` widens what is slower than the median."""
    rng = np.random.default_rng(seed)
    drawn = [0.01 * np.exp(rng.normal(0, 0.1) + rng.normal(0, 0.5, requests)) for _ in range(pairs)]
    return [np.where(times > 0.01, 0.01 * (times / 0.01) ** stretch, times) for times in drawn]


def compared(numerator: list[np.ndarray], denominator: list[np.ndarray]) -> spread.Spread:
    """The comparison at level 0.05, which must be supported."""
    result = spread.compare(numerator, denominator, alpha=0.05)
    assert isinstance(result, spread.Spread)
    return result


def ends(interval: Interval) -> tuple[float, float, float]:
    """The three numbers of an interval."""
    return interval.estimate, interval.low, interval.high


def test_an_arm_against_itself_has_the_ratio_one_without_doubt():
    """The very same observations give exactly 1."""
    assert ends(compared(slots(1), slots(1)).ratio) == (1.0, 1.0, 1.0)


def test_swapping_the_arms_mirrors_the_interval():
    """The ratio candidate / baseline is the inverse of baseline / candidate, interval and all."""
    there, back = compared(slots(1), slots(2)).ratio, compared(slots(2), slots(1)).ratio
    assert ends(back) == pytest.approx((1 / there.estimate, 1 / there.high, 1 / there.low))


def test_an_arm_that_is_faster_everywhere_is_as_consistent():
    """Scaling all times of an arm changes nothing: consistency is not speed."""
    once, halved = compared(slots(1), slots(2)), compared([times / 2 for times in slots(1)], slots(2))
    assert ends(halved.ratio) == pytest.approx(ends(once.ratio))
    assert halved.numerator == pytest.approx(once.numerator)


def test_the_order_of_the_pairs_does_not_move_the_estimate():
    """The pairs are exchangeable; their order moves at most the resampled error, and that by little."""
    first, second = compared(slots(1), slots(2)), compared(slots(1)[::-1], slots(2)[::-1])
    assert second.ratio.estimate == pytest.approx(first.ratio.estimate)
    assert second.log_error == pytest.approx(first.log_error, rel=0.25)


def test_a_longer_tail_is_seen():
    """An arm whose slow half is stretched lies above 1 with its whole interval."""
    assert compared(slots(1, requests=2_000, stretch=1.5), slots(2, requests=2_000)).ratio.low > 1


def test_the_estimate_is_that_of_the_pooled_quantiles():
    """Numerator and denominator are p99 / p50 of all observations of the arm."""
    pooled = np.concatenate(slots(1))
    expected = np.quantile(pooled, 0.99, method="inverted_cdf") / np.quantile(pooled, 0.5, method="inverted_cdf")
    assert compared(slots(1), slots(2)).numerator == pytest.approx(expected)


def test_too_few_observations_are_said_to_be_too_few():
    """Below 2,000 pooled requests in either arm there is no p99, and the answer tells how many there were."""
    assert spread.compare(slots(1), slots(2, requests=200), alpha=0.05) == spread.Unsupported(1_600, 2_000)


def test_too_few_pairs_are_refused():
    """Five pairs carry no standard error, however many requests they hold."""
    with pytest.raises(TooFewPairs):
        spread.compare(slots(1, pairs=5, requests=900), slots(2, pairs=5, requests=900), alpha=0.05)


@pytest.mark.parametrize("pairs", [6, 14])
def test_equal_arms_are_told_apart_in_five_percent_at_most(pairs):
    """Over 300 seeded sessions in which weather differs by slot the interval misses 1 as often as promised."""
    missed = 0
    for run in range(300):
        layout = {"pairs": pairs, "requests": 2_400 // pairs}
        ratio = compared(slots(2 * run, **layout), slots(2 * run + 1, **layout)).ratio
        missed += not ratio.low <= 1 <= ratio.high
    assert missed / 300 <= 0.05 + 3 * (0.05 * 0.95 / 300) ** 0.5
