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
    """Estimate and interval are between the worst and the best block; a remedy may do harm."""
    harm = [without for without, _ in blocks]
    found = prevented(harm, [without * (1 - share) for without, share in blocks], alpha=ALPHA)
    shares = [share for _, share in blocks]
    assert min(shares) - 1e-6 <= found.low <= found.estimate <= found.high <= max(shares) + 1e-6


def test_too_few_blocks_or_none_with_harm_give_nothing() -> None:
    """Five blocks reach no 95 %, and what did not happen cannot be prevented."""
    with pytest.raises(TooFewPairs):
        prevented([9.0] * 5, [0.0] * 5, alpha=ALPHA)
    with pytest.raises(ValueError, match="without harm"):
        prevented([9.0] * 5 + [0.0], [0.0] * 6, alpha=ALPHA)
