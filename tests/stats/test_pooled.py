"""Quantiles over the slots of one kind."""

import numpy as np
import pytest

from bench.stats import pooled


def slots(rng: np.random.Generator, *, count: int, each: int, weather: float = 0.1) -> list[np.ndarray]:
    """Log-normal latencies, each slot with its own weather."""
    return [np.exp(rng.normal(rng.normal(0, weather), 0.5, each)) for _ in range(count)]


def test_the_estimate_is_the_quantile_of_all() -> None:
    """No slot decides alone."""
    blocks = slots(np.random.default_rng(1), count=6, each=100)
    found = pooled.quantile(blocks, 0.95, alpha=0.05)
    assert found is not None
    assert found.estimate == pytest.approx(np.quantile(np.concatenate(blocks), 0.95))
    assert found.low < found.estimate < found.high


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Of 300 seeded runs about one in twenty misses, weather included."""
    rng = np.random.default_rng(2)
    population = np.exp(rng.normal(rng.normal(0, 0.1, 2_000_000), 0.5))
    truth = float(np.quantile(population, 0.95))
    found = [pooled.quantile(slots(rng, count=8, each=100), 0.95, alpha=0.05) for _ in range(300)]
    missed = [one for one in found if one is None or not one.low <= truth <= one.high]
    assert len(missed) <= 300 * 0.09


@pytest.mark.parametrize(("count", "each"), [(5, 1000), (6, 60)], ids=["blocks", "values"])
def test_too_few_is_none(count: int, each: int) -> None:
    """Five blocks have no interval, 360 values no p95."""
    assert pooled.quantile(slots(np.random.default_rng(3), count=count, each=each), 0.95, alpha=0.05) is None
