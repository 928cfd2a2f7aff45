"""Contrasts of many arms in blocks: exact on what is known, honest about noise."""

import numpy as np
import pytest

from bench.errors import TooFewPairs
from bench.stats.blocks import contrast

RUNS = 4000


def weights(arms: int, over: int, under: int) -> "np.ndarray":
    """One arm less another."""
    vector = np.zeros(arms)
    vector[over], vector[under] = 1, -1
    return vector


def test_the_weather_of_a_block_is_no_noise() -> None:
    """Blocks that differ by anything at all, arms that differ by a constant: no error."""
    table = np.array([[1.0, 1.5, 3.0], [101.0, 101.5, 103.0], [-7.0, -6.5, -5.0]])
    found = contrast(table, weights(3, 2, 0), (0, 1, 2))
    assert found.value == pytest.approx(2)
    assert found.error == pytest.approx(0, abs=1e-12)
    assert found.freedom == 4


def test_only_the_family_gives_the_noise() -> None:
    """An arm that is wild and not of the family widens nothing; within the family it does."""
    drawn = np.random.default_rng(1)
    table = drawn.normal(size=(5, 4)) * np.array([0.01, 0.01, 0.01, 10])
    calm = contrast(table, weights(4, 1, 0), (0, 1, 2))
    wild = contrast(table, weights(4, 1, 0), (0, 1, 2, 3))
    assert wild.error > 50 * calm.error


@pytest.mark.parametrize("blocks", [2, 3, 8])
def test_the_interval_holds_the_truth_as_often_as_it_says(blocks: int) -> None:
    """Thousands of simulated runs with block weather, a drift within each block in random order, and noise."""
    drawn = np.random.default_rng(blocks)
    arms, effect, held = 8, 0.3, 0
    for _ in range(RUNS):
        order = drawn.permuted(np.tile(np.arange(arms), (blocks, 1)), axis=1)
        table = drawn.normal(size=(blocks, 1)) + 0.02 * order + drawn.normal(scale=0.1, size=(blocks, arms))
        table[:, 2] += effect
        interval = contrast(table, weights(arms, 2, 5), range(arms)).interval(0.05)
        held += interval.low <= effect <= interval.high
    # Four standard errors of a share of 4,000.
    assert held / RUNS == pytest.approx(0.95, abs=0.014)


def test_arms_that_are_not_equally_noisy_cost_little_coverage() -> None:
    """Two quick arms of half the noise in a family of eight narrow the slow ones' interval by a tenth, no more."""
    drawn = np.random.default_rng(4)
    noise = np.array([0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1])
    held = 0
    for _ in range(RUNS):
        table = drawn.normal(size=(3, 1)) + drawn.normal(size=(3, 8)) * noise
        interval = contrast(table, weights(8, 1, 0), range(8)).interval(0.05)
        held += interval.low <= 0 <= interval.high
    assert 0.91 < held / RUNS < 0.96


def test_one_block_has_no_noise_to_tell() -> None:
    """And so no interval."""
    with pytest.raises(TooFewPairs):
        contrast(np.zeros((1, 3)), weights(3, 0, 1), (0, 1, 2))


def test_weights_that_do_not_cancel_are_refused() -> None:
    """They would measure the weather."""
    with pytest.raises(ValueError, match="sum to nothing"):
        contrast(np.zeros((3, 3)), np.ones(3), (0, 1, 2))
