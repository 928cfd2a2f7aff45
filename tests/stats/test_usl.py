"""The Universal Scalability Law, on throughputs whose truth is known."""

import math

import numpy as np
import pytest
from scipy import stats

from bench.stats import usl

SIZES = (1, 2, 3, 4, 5, 6, 8, 10, 13, 15, 20, 30, 40)


def throughput(n: float, sigma: float, kappa: float) -> float:
    """Of the law, for gamma 100."""
    return 100 * n / (1 + sigma * (n - 1) + kappa * n * (n - 1))


def measured(sigma: float, kappa: float, seed: int, *, noise: float = 0.05, blocks: int = 3) -> list[list[float]]:
    """Blocks of different weather, each throughput with noise of its own."""
    drawn = np.random.default_rng(seed)
    return [
        [throughput(n, sigma, kappa) * weather * math.exp(drawn.normal(0, noise)) for n in SIZES]
        for weather in np.exp(drawn.normal(0, 0.2, blocks))
    ]


def test_without_noise_the_law_itself_is_found() -> None:
    """Parameters, knee and throughputs, whatever the weather of a block."""
    exact = [[weather * throughput(n, 0.1, 0.01) for n in SIZES] for weather in (0.5, 2.0)]
    found = usl.fit(SIZES, exact)
    assert found.sigma == pytest.approx(0.1, rel=0.05)
    assert found.knee == pytest.approx(math.sqrt(0.9 / 0.01), rel=0.03)
    assert found.kappa == pytest.approx(0.01, rel=0.06)
    assert found.throughput(10) == pytest.approx(throughput(10, 0.1, 0.01), rel=0.02)
    assert found.knee_low <= found.knee <= found.knee_high


@pytest.mark.parametrize(("sigma", "kappa"), [(0.05, 0.005), (0.3, 0.02), (0.0, 0.001)])
def test_the_interval_keeps_its_confidence(sigma: float, kappa: float) -> None:
    """The truth lies in 95 % of the intervals of 300 simulated sweeps, no fewer than chance explains."""
    truth = math.sqrt((1 - sigma) / kappa)
    found = [usl.fit(SIZES, measured(sigma, kappa, seed)) for seed in range(300)]
    held = sum(law.knee_low <= truth <= law.knee_high for law in found)
    # The grid of knees is 2 % wide, which only widens what is told.
    assert held >= stats.binom.ppf(0.001, 300, 0.95)
    assert sum(math.isfinite(law.knee_high) for law in found) > 150


def test_what_only_levels_off_has_no_knee() -> None:
    """Without kappa the interval is open: at least so many, and mostly far out."""
    found = [usl.fit(SIZES, measured(0.2, 0.0, seed)) for seed in range(100)]
    assert sum(math.isinf(law.knee_high) for law in found) >= 90
    assert sorted(law.knee_low for law in found)[50] > 20


@pytest.mark.parametrize(
    ("sizes", "blocks"), [((1, 2, 3), [[1.0] * 3]), (SIZES, []), (SIZES, [[0.0] * 13]), (SIZES, [1.0] * 13)]
)
def test_too_little_is_refused(sizes: tuple[int, ...], blocks: list[list[float]]) -> None:
    """Three sizes, no block, a throughput of nothing."""
    with pytest.raises(ValueError, match="no law"):
        usl.fit(sizes, blocks)
