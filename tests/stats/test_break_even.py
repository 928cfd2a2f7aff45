"""The hit ratio from which a cache pays, on simulated blocks of known truth."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.stats.break_even import Block, find

LEVELS = (0.05, 0.25, 0.5, 0.75, 1.0)


def blocks(
    miss: float, hit: float, *, count: int = 6, noise: float = 0.0, seed: int = 1, levels: tuple[float, ...] = LEVELS
) -> list[Block]:
    """Blocks in which a request without the cache takes 4 ms, a miss and a hit what is given as shares of that."""
    rng = np.random.default_rng(seed)

    def timed(share: float, weather: float) -> float:
        return float(0.004 * share * weather * np.exp(rng.normal(0, noise)))

    made = []
    for _ in range(count):
        weather = float(np.exp(rng.normal(0, 0.3)))
        points = tuple((h, timed((1 - h) * miss + h * hit, weather)) for h in levels)
        made.append(Block(timed(1.0, weather), points))
    return made


@given(st.floats(1.01, 1.5), st.floats(0.1, 0.9))
@example(1.01, 0.61)
def test_without_noise_it_is_found_exactly(miss: float, hit: float) -> None:
    """Misses cost `miss`, hits `hit`: the lines cross 1 at (miss - 1) / (miss - hit), whatever the weather."""
    found = find(blocks(miss, hit))
    assert found is not None
    assert found.hit_ratio == pytest.approx((miss - 1) / (miss - hit), abs=0.0026)
    assert found.low is not None
    assert found.low <= found.hit_ratio <= found.high
    assert found.at_none == pytest.approx(miss - 1)
    assert found.at_all == pytest.approx(hit - 1)


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """In 120 seeded runs of six blocks the 95 % interval misses the true crossing in one of twenty at most, or so."""
    truth = (1.2 - 1) / (1.2 - 0.5)
    missed = 0
    for seed in range(120):
        found = find(blocks(1.2, 0.5, noise=0.05, seed=seed))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        missed += not found.low <= truth <= found.high
    assert missed <= 120 * 0.09


def test_more_blocks_make_a_shorter_interval() -> None:
    """Twenty-four blocks know better than six."""
    few, many = (find(blocks(1.2, 0.5, noise=0.05, count=count)) for count in (6, 24))
    assert few is not None
    assert many is not None
    assert many.bounded
    assert many.high - many.low < few.high - few.low  # type: ignore[operator]


def test_five_blocks_have_no_interval() -> None:
    """There is an estimate, and nothing is said about how sure it is."""
    found = find(blocks(1.2, 0.5, noise=0.02, count=5))
    assert found is not None
    assert (found.low, found.high) == (None, None)
    assert found.hit_ratio == pytest.approx(2 / 7, abs=0.1)


@pytest.mark.parametrize(("miss", "hit"), [(1.3, 1.1), (0.8, 0.3)], ids=["never pays", "always pays"])
def test_no_crossing_is_none(miss: float, hit: float) -> None:
    """A cache that is dearer, or cheaper, at every hit ratio has no break-even, not one at an end."""
    found = find(blocks(miss, hit, noise=0.01))
    assert found is not None
    assert found.hit_ratio is None
    assert (found.low, found.high) == (None, None)
    assert not found.bounded


def test_a_cache_that_makes_no_difference_leaves_every_hit_ratio_in_doubt() -> None:
    """No difference but noise: the interval goes from end to end and is not taken for a bounded one."""
    found = find(blocks(1.0, 1.0, noise=0.05, count=8, seed=4))
    assert found is not None
    assert (found.low, found.high) == (0.0, 1.0)
    assert not found.bounded


@pytest.mark.parametrize("nothing", [[], blocks(1.2, 0.5, levels=(0.5,)), blocks(1.2, 0.5, levels=(0.5, 0.5))])
def test_one_hit_ratio_makes_no_line(nothing: list[Block]) -> None:
    """Nothing is said where no block has two different hit ratios."""
    assert find(nothing) is None
