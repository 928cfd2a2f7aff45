"""The Hodges-Lehmann estimate and its interval: laws, known cases, and scipy's test as the judge."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from bench.errors import TooFewPairs
from bench.stats import signed_rank

CASES = json.loads((Path(__file__).parent / "cases" / "signed_rank.json").read_text())
SAMPLES = st.lists(st.integers(-10_000, 10_000), min_size=8, max_size=20).map(lambda values: [v / 1000 for v in values])
ALPHA = 0.05


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["source"][:40])
def test_known_case(case):
    """The estimate and interval of a published or hand-computed case come out."""
    interval = signed_rank.estimate(case["values"], alpha=case["alpha"])
    assert (interval.estimate, interval.low, interval.high) == pytest.approx(
        (case["estimate"], case["low"], case["high"])
    )
    assert interval.confidence == pytest.approx(1 - case["alpha"])


@pytest.mark.parametrize(
    ("n", "alpha"), [(6, 0.05), (8, 0.05), (13, 0.05), (40, 0.05), (7, 0.0221), (14, 0.0221), (20, 0.0221)]
)
def test_ends_are_where_scipys_exact_test_begins_to_reject(n, alpha):
    """Just outside the interval Wilcoxon's exact test rejects at alpha, just inside it does not."""
    values = np.random.default_rng(n).normal(0.2, 1, n)
    interval = signed_rank.estimate(values, alpha=alpha)
    for end, outwards in ((interval.low, -1e-9), (interval.high, 1e-9)):
        assert wilcoxon(values - (end + outwards), method="exact").pvalue <= alpha
        assert wilcoxon(values - (end - outwards), method="exact").pvalue > alpha


def test_beyond_fifty_the_approximation_agrees_with_scipys():
    """For n > 50 the ends lie where scipy's continuity-corrected normal approximation crosses alpha."""
    values = np.random.default_rng(3).normal(0.2, 1, 80)
    interval = signed_rank.estimate(values, alpha=ALPHA)
    for end, outwards in ((interval.low, -1e-9), (interval.high, 1e-9)):
        outside = wilcoxon(values - (end + outwards), method="asymptotic", correction=True)
        inside = wilcoxon(values - (end - outwards), method="asymptotic", correction=True)
        assert outside.pvalue <= ALPHA < inside.pvalue


def test_the_approximation_continues_the_exact_intervals(monkeypatch):
    """At n = 50 the approximation puts the ends where the exact distribution does, give or take one average."""
    exact = signed_rank._inset.__wrapped__(50, ALPHA)
    monkeypatch.setattr(signed_rank, "EXACT_UP_TO", 49)
    assert abs(signed_rank._inset.__wrapped__(50, ALPHA) - exact) <= 1


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_the_null_distribution_is_that_of_all_sign_patterns(n):
    """Counting every one of the 2**n patterns of signs gives the same distribution."""
    sums = [sum(rank for rank, sign in enumerate(signs, 1) if sign) for signs in product((0, 1), repeat=n)]
    counted = [np.mean(np.array(sums) <= w) for w in range(n * (n + 1) // 2 + 1)]
    assert signed_rank.distribution(n) == pytest.approx(counted)


@pytest.mark.parametrize(("n", "alpha", "need"), [(5, 0.05, 6), (6, 0.0221, 7), (0, 0.05, 6), (7, 0.01, 8)])
def test_too_few_values_are_refused(n, alpha, need):
    """Five values cannot reach 0.05, six not 0.0221: the error says how many would."""
    with pytest.raises(TooFewPairs) as caught:
        signed_rank.estimate(np.arange(n), alpha=alpha)
    assert (caught.value.have, caught.value.need) == (n, need)
    signed_rank.estimate(np.arange(need), alpha=alpha)


@given(SAMPLES)
def test_the_estimate_lies_in_its_interval_and_the_interval_in_the_data(values):
    """The ends enclose the estimate, and nothing lies outside the data."""
    interval = signed_rank.estimate(values, alpha=ALPHA)
    assert min(values) - 1e-12 <= interval.low <= interval.estimate <= interval.high <= max(values) + 1e-12


@given(SAMPLES)
def test_negating_the_values_mirrors_the_interval(values):
    """Swapping the arms of every pair turns the interval round."""
    interval = signed_rank.estimate(values, alpha=ALPHA)
    mirrored = signed_rank.estimate([-value for value in values], alpha=ALPHA)
    assert (mirrored.estimate, mirrored.low, mirrored.high) == pytest.approx(
        (-interval.estimate, -interval.high, -interval.low)
    )


@given(SAMPLES, st.randoms(use_true_random=False))
def test_the_order_of_the_values_changes_nothing(values, random):
    """Any permutation gives the same interval."""
    shuffled = values.copy()
    random.shuffle(shuffled)
    assert signed_rank.estimate(shuffled, alpha=ALPHA) == signed_rank.estimate(values, alpha=ALPHA)


@given(SAMPLES, st.floats(-5, 5), st.floats(0.01, 100))
def test_shifting_and_scaling_the_values_shifts_and_scales_the_interval(values, shift, scale):
    """The interval follows a change of origin and unit."""
    interval = signed_rank.estimate(values, alpha=ALPHA)
    moved = signed_rank.estimate([value * scale + shift for value in values], alpha=ALPHA)
    assert (moved.estimate, moved.low, moved.high) == pytest.approx(
        tuple(end * scale + shift for end in (interval.estimate, interval.low, interval.high)), abs=1e-9
    )


@given(SAMPLES)
@settings(max_examples=30)
def test_more_confidence_never_narrows_the_interval(values):
    """The interval at 0.0221 holds the one at 0.05."""
    wide, narrow = (signed_rank.estimate(values, alpha=alpha) for alpha in (0.0221, 0.05))
    assert wide.low <= narrow.low <= narrow.high <= wide.high


@pytest.mark.parametrize("shape", ["normal", "heavy tails", "ties"])
def test_the_interval_misses_no_more_often_than_it_promises(shape):
    """Over 3,000 seeded samples of eight the truth is missed in 5 % at most (three standard errors allowed)."""
    rng = np.random.default_rng(11)
    draw = {
        "normal": lambda: rng.normal(0, 1, 8),
        "heavy tails": lambda: rng.standard_t(2, 8),
        "ties": lambda: np.round(rng.normal(0, 1, 8)),
    }[shape]
    intervals = [signed_rank.estimate(draw(), alpha=ALPHA) for _ in range(3_000)]
    missed = np.mean([not interval.low <= 0 <= interval.high for interval in intervals])
    assert missed <= ALPHA + 3 * (ALPHA * (1 - ALPHA) / 3_000) ** 0.5


def test_the_p_value_agrees_with_the_interval() -> None:
    """The interval at a level leaves zero out exactly where the p-value is at most that level."""
    rng = np.random.default_rng(5)
    for n in (6, 9, 14, 20, 60):
        values = rng.normal(0.6, 1, n)
        p_value = signed_rank.p_value(values)
        if p_value <= 2 / 2**n:
            continue
        at, below = (signed_rank.estimate(values, alpha=p_value * factor) for factor in (1.01, 0.99))
        assert not at.low <= 0 <= at.high
        assert below.low <= 0 <= below.high


def test_one_sided_values_have_the_smallest_p_value() -> None:
    """Six of six on one side: 2 / 64; the same values around zero: nothing to see."""
    assert signed_rank.p_value([1, 2, 3, 4, 5, 6]) == 2 / 64
    assert signed_rank.p_value([-1, 1, -2, 2, -3, 3]) == 1


def test_a_centre_needs_no_interval() -> None:
    """Fewer pairs than an interval takes still have a centre."""
    assert signed_rank.centre([1.0, 2.0, 6.0]) == 2.75
