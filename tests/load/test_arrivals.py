"""Laws of the arrival schedules."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.arrivals import KINDS, arrivals
from bench.errors import UsageError

kinds = st.sampled_from(sorted(KINDS))
rates = st.floats(0.5, 500)
durations = st.floats(0.1, 10)
seeds = st.integers(0, 2**63)


@settings(deadline=None)
@given(kinds, rates, durations, seeds)
def test_moments_are_ascending_and_inside_the_slot(kind: str, rate: float, duration_s: float, seed: int) -> None:
    """Every arrival is due in [0, duration), none before the one ahead of it."""
    moments = arrivals(kind, rate, duration_s, seed)
    assert all(0 <= moment < duration_s for moment in moments)
    assert all(a <= b for a, b in pairwise(moments))


@settings(deadline=None)
@given(kinds, rates, durations, seeds)
def test_same_seed_same_moments(kind: str, rate: float, duration_s: float, seed: int) -> None:
    """A schedule follows from its arguments alone."""
    assert arrivals(kind, rate, duration_s, seed) == arrivals(kind, rate, duration_s, seed)


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_gives_other_moments(kind: str) -> None:
    """Neighbouring seeds share no schedule."""
    assert arrivals(kind, 100, 1, 1) != arrivals(kind, 100, 1, 2)


@settings(deadline=None)
@given(kinds, rates, durations, seeds)
def test_a_longer_slot_begins_like_a_shorter_one(kind: str, rate: float, duration_s: float, seed: int) -> None:
    """The duration cuts a schedule and does not change it."""
    short = arrivals(kind, rate, duration_s, seed)
    assert arrivals(kind, rate, 2 * duration_s, seed)[: len(short)] == short


@settings(deadline=None)
@given(rates, durations, seeds)
def test_constant_arrivals_are_evenly_spaced(rate: float, duration_s: float, seed: int) -> None:
    """Gaps are 1 / rate and the count is rate times duration, to within one."""
    moments = arrivals("constant", rate, duration_s, seed)
    assert abs(len(moments) - rate * duration_s) <= 1
    assert all(math.isclose(b - a, 1 / rate, abs_tol=1e-9) for a, b in pairwise(moments))


def test_constant_arrivals_begin_at_a_seeded_phase() -> None:
    """The first arrivals of many seeds are spread evenly over one gap."""
    first = [arrivals("constant", 10, 1, seed)[0] for seed in range(500)]
    assert stats.kstest(first, stats.uniform(0, 0.1).cdf).pvalue > 0.001


@pytest.mark.parametrize(("rate", "seed"), [(5.0, 1), (80.0, 2), (1000.0, 3)])
def test_poisson_gaps_are_exponential(rate: float, seed: int) -> None:
    """Gaps follow the exponential law with mean 1 / rate (Kolmogorov-Smirnov), and no other rate's."""
    gaps = np.diff(arrivals("poisson", rate, 2000 / rate, seed), prepend=0.0)
    assert stats.kstest(gaps, stats.expon(scale=1 / rate).cdf).pvalue > 0.001
    assert stats.kstest(gaps, stats.expon(scale=1.2 / rate).cdf).pvalue < 0.001


def test_poisson_counts_have_the_law_s_mean_and_variance() -> None:
    """Counts of many seeds have mean and variance rate times duration, as a Poisson law has."""
    counts = np.array([len(arrivals("poisson", 20, 1, seed)) for seed in range(1000)])
    assert counts.mean() == pytest.approx(20, abs=4 * math.sqrt(20 / 1000))
    assert counts.var(ddof=1) == pytest.approx(20, rel=0.2)


@pytest.mark.parametrize(
    ("kind", "rate", "duration_s", "message"),
    [
        ("uniform", 1, 1, "no arrival schedule 'uniform'; take one of constant, poisson"),
        ("poisson", 0, 1, "positive rate and duration, not 0/s for 1 s"),
        ("constant", 1, -1, "positive rate and duration"),
        ("poisson", math.nan, 1, "positive rate and duration"),
        ("poisson", math.inf, 1, "positive rate and duration"),
    ],
)
def test_senseless_schedules_are_refused(kind: str, rate: float, duration_s: float, message: str) -> None:
    """An unknown kind, or a rate or duration that is not positive, is a UsageError in a sentence."""
    with pytest.raises(UsageError, match=message):
        arrivals(kind, rate, duration_s, 1)
