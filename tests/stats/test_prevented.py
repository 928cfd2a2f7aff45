"""The prevented share of a harm, on data whose truth is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import TooFewPairs
from bench.stats.prevented import prevented

ALPHA = 0.05


def test_the_interval_keeps_its_confidence() -> None:
    """Of four hundred draws of eight blocks with noise in both harms, the truth is in at least 93 %."""
    drawn = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        harm = drawn.uniform(50, 150, 8)
        found = prevented(harm + drawn.normal(0, 3, 8), 0.1 * harm + drawn.normal(0, 3, 8), alpha=ALPHA)
        held += found.low <= 0.9 <= found.high
    assert held >= 0.93 * 400


@given(st.lists(st.tuples(st.floats(1, 1e3), st.floats(-1, 2)), min_size=6, max_size=12))
def test_it_lies_within_what_single_blocks_say(blocks: list[tuple[float, float]]) -> None:
    """Estimate and interval hold nothing but what the blocks and their pooled count say; a remedy may do harm."""
    harm = [without for without, _ in blocks]
    found = prevented(harm, [without * (1 - share) for without, share in blocks], alpha=ALPHA)
    shares = [share for _, share in blocks]
    assert min(shares) - 1e-6 <= found.estimate <= max(shares) + 1e-6
    assert found.low <= found.estimate <= found.high <= max(1.0, *shares) + 1e-6
    assert found.low >= min(0.0, *shares) - 1e-6


@pytest.mark.parametrize("left", [0.0, 0.005, 0.02, 0.1])
@pytest.mark.parametrize("harm", [15, 70])
def test_counts_that_hardly_scatter_keep_the_confidence_too(left: float, harm: int) -> None:
    """Few failures or none in six blocks: the truth is in the interval of at least 94 % of five hundred draws."""
    drawn = np.random.default_rng(5)
    held = 0
    for _ in range(500):
        found = prevented([harm] * 6, drawn.binomial(harm, left, 6), alpha=ALPHA)
        held += found.low <= 1 - left <= found.high
    assert held >= 0.94 * 500


def test_no_failure_left_is_no_certainty() -> None:
    """Of 420 failures none was left: 99.1 % are prevented at least, not 100 %."""
    found = prevented([70] * 6, [0] * 6, alpha=ALPHA)
    assert (found.estimate, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 420))


def test_too_few_blocks_or_none_with_harm_give_nothing() -> None:
    """Five blocks reach no 95 %, and what did not happen cannot be prevented."""
    with pytest.raises(TooFewPairs):
        prevented([9.0] * 5, [0.0] * 5, alpha=ALPHA)
    with pytest.raises(ValueError, match="without harm"):
        prevented([9.0] * 5 + [0.0], [0.0] * 6, alpha=ALPHA)
