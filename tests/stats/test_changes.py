"""Changes of level: found where they are, rarely where they are not."""

import numpy as np
import pytest

from bench.stats import changes
from tests.stats.simulate_gate import false_changes, found_changes


def test_a_clear_step_is_found_at_its_place():
    """Up, and down again: the first value of each new level."""
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(level, 0.1, 12) for level in (1.0, 2.0, 1.0)])
    assert changes.change_points(values) == (12, 24)
    assert all(type(index) is int for index in changes.change_points(values))


def test_a_smaller_step_beside_a_larger_one_is_found_too():
    """The last level lies between the other two: ranks over the whole series hide it, those of the piece do not."""
    rng = np.random.default_rng(6)
    values = np.concatenate([rng.normal(level, 0.005, n) for level, n in ((0.5, 12), (0.6, 14), (0.52, 10))])
    assert changes.change_points(values) == (12, 26)


@pytest.mark.parametrize("values", [[1.0] * 30, list(range(9)), [], [1.0]])
def test_a_constant_or_short_series_has_none(values):
    """No change can be told of what never changes, nor of fewer than ten values."""
    assert changes.change_points(values) == ()


def test_single_stalled_runs_are_no_level():
    """A run in ten that takes a hundred times as long changes nothing."""
    values = np.random.default_rng(3).normal(1, 0.01, 40)
    values[::10] *= 100
    assert changes.change_points(values) == ()


def test_the_scale_does_not_matter():
    """Ranks decide: logarithms or microseconds give the same changes."""
    values = np.exp(np.concatenate([np.random.default_rng(4).normal(level, 0.2, 10) for level in (0.0, 1.0)]))
    assert changes.change_points(values) == changes.change_points(np.log(values)) == changes.change_points(values * 1e6)


@pytest.mark.parametrize("n", [10, 30])
def test_false_alarms_are_as_rare_as_promised(n):
    """Of 300 series without a change 1 % show one, 3 % at the most."""
    assert false_changes(n, 0.0, 300) <= 0.03


def test_a_large_change_is_found_after_five_runs():
    """Three standard deviations, twenty runs before and five after: in three of four series and more."""
    assert found_changes(20, 5, 3.0, 100) >= 0.75
