"""What could have been found, and what it would take."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bench.stats import power, signed_rank

CASES = json.loads((Path(__file__).parent / "cases" / "mde.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"sd {case['sd']:.0%} n {case['n']}")
def test_known_detectable_effect(case):
    """The detectable effect by scatter and pairs is that of a table simulated to about a tenth of a point."""
    error = case["sd"] / math.sqrt(case["n"])
    assert power.mde_of_error(error, n=case["n"], alpha=0.05) == pytest.approx(case["mde"], abs=0.0015)


def test_the_formula_uses_the_t_distribution_of_the_level():
    """The quantiles of scipy give the same figure at the level of three looks."""
    values = np.random.default_rng(1).normal(0, 0.05, 14)
    reach = stats.t.ppf(1 - 0.0221 / 2, 13) + stats.t.ppf(0.8, 13)
    expected = math.exp(reach * values.std(ddof=1) / math.sqrt(14)) - 1
    assert power.mde(values, alpha=0.0221) == pytest.approx(expected)


def test_a_change_of_the_detectable_size_is_found_in_four_of_five_runs():
    """Seeded runs with a real change of the MDE reject no change in 80 % of cases, give or take five points."""
    rng = np.random.default_rng(5)
    effect = math.log1p(power.mde_of_error(0.05 / math.sqrt(14), n=14, alpha=0.05))
    found = [signed_rank.estimate(rng.normal(effect, 0.05, 14), alpha=0.05).low > 0 for _ in range(1_500)]
    assert np.mean(found) == pytest.approx(0.80, abs=0.05)


def test_half_the_distance_takes_four_times_the_pairs():
    """Pairs grow with the square of the precision asked for."""
    assert power.pairs_needed(n=10, mde=math.expm1(0.04), distance=0.02) == 40
    assert power.pairs_needed(n=10, mde=math.expm1(0.04), distance=0.01) == 160


def test_pairs_needed_are_always_more_than_those_that_did_not_decide():
    """A distance that should have been seen still asks for a pair more."""
    assert power.pairs_needed(n=10, mde=0.04, distance=0.5) == 11


@pytest.mark.parametrize("distance", [0.0, 1e-6])
def test_what_lies_on_the_threshold_is_never_decided(distance):
    """No number of pairs is promised where none would do."""
    assert power.pairs_needed(n=10, mde=0.04, distance=distance) is None
