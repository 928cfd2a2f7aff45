"""Figures of batches: the length they need, and what resemblance takes from it."""

import math

import numpy as np
import pytest

from bench.errors import TooFewPairs
from bench.stats import batches
from tests.stats.simulate_gate import batches_miss, rounds


def test_a_series_gives_a_figure_for_each_batch():
    """Ten of them, in order, as logarithms."""
    values = np.repeat(np.arange(1.0, 11.0), 10)
    assert batches.log_figures(values, "p50") == pytest.approx([math.log(level) for level in range(1, 11)])
    assert batches.log_figure(values, "mean") == pytest.approx(math.log(5.5))


@pytest.mark.parametrize(("metric", "least"), [("p50", 40), ("p95", 400), ("p99", 2000), ("mean", 20)])
def test_too_short_a_series_is_told(metric, least):
    """What is needed, and one less is refused."""
    assert len(batches.log_figures(np.ones(least), metric)) == batches.BATCHES
    with pytest.raises(TooFewPairs) as told:
        batches.log_figures(np.ones(least - 1), metric)
    assert told.value.need == least


def test_independent_rounds_are_worth_themselves_and_drifting_ones_next_to_nothing():
    """The measure that refuses a file: about ten of a hundred independent ones, under one when all is drift."""
    rng = np.random.default_rng(2)
    assert batches.worth(rounds(rng, 100, 0.0)) > 6
    assert batches.worth(np.linspace(1, 2, 100)) < batches.LEAST_WORTH
    assert batches.worth(np.ones(100)) == 10


@pytest.mark.parametrize("alike", [0.0, 0.5])
def test_the_interval_of_two_series_holds_what_it_promises(alike):
    """Of 200 pairs of the same thing at most 8 % miss, the resemblance of rounds included."""
    refused, missed = batches_miss("p50", 400, alike, 0.02, 200)
    assert refused == 0
    assert missed <= 0.08
