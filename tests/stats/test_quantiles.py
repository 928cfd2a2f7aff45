"""The latency figures of a slot and when there are enough observations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats import quantiles


@pytest.mark.parametrize(("q", "need"), [(0.5, 40), (0.95, 400), (0.99, 2_000), (0.9, 200)])
def test_twenty_observations_lie_beyond_a_supported_quantile(q, need):
    """A quantile needs 20 / (1 - q) observations, free of binary rounding."""
    assert quantiles.needed(q) == need


@pytest.mark.parametrize(
    ("n", "names"),
    [
        (0, set()),
        (1, {"mean"}),
        (39, {"mean"}),
        (40, {"mean", "p50"}),
        (399, {"mean", "p50"}),
        (400, {"mean", "p50", "p95"}),
        (1_999, {"mean", "p50", "p95"}),
        (2_000, {"mean", "p50", "p95", "p99"}),
    ],
)
def test_what_is_not_supported_is_absent(n, names):
    """No figure is told that the observations cannot carry, and none is NaN."""
    assert set(quantiles.summary(np.ones(n))) == names


def test_figures_are_those_of_numpy():
    """The quantiles are the usual ones, in the unit of the values."""
    values = np.random.default_rng(2).exponential(0.01, 5_000)
    expected = dict(zip(("p50", "p95", "p99"), np.quantile(values, (0.5, 0.95, 0.99)), strict=True))
    assert quantiles.summary(values) == pytest.approx(expected | {"mean": values.mean()})


@given(st.lists(st.floats(1e-6, 1e3), min_size=40, max_size=60), st.floats(0.001, 1_000))
def test_a_change_of_unit_scales_every_figure(values, scale):
    """Milliseconds instead of seconds give the same figures times a thousand."""
    small, large = quantiles.summary(values), quantiles.summary(np.array(values) * scale)
    assert large == pytest.approx({name: value * scale for name, value in small.items()})
