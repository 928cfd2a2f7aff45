"""Fractions: balance, resolution as promised, and effects that come back."""

from itertools import combinations

import numpy as np
import pytest

from bench.stats import factorial
from bench.stats.factorial import Fraction, fraction


@pytest.mark.parametrize("resolution", [4, 5])
@pytest.mark.parametrize("factors", range(1, 9))
def test_every_column_is_balanced_and_apart_from_all_others(factors: int, resolution: int) -> None:
    """Each switch is on in half of the runs, and so it is where any other is on."""
    signs = fraction(factors, resolution).signs()  # type: ignore[union-attr]
    assert np.array_equal(signs.T @ signs, len(signs) * np.eye(factors))
    assert len({tuple(row) for row in signs}) == len(signs)


@pytest.mark.parametrize(
    ("factors", "resolution", "runs"),
    [(1, 4, 2), (2, 4, 4), (3, 4, 8), (4, 4, 8), (6, 4, 16), (8, 4, 16), (9, 4, 32), (4, 5, 16), (5, 5, 16),
     (6, 5, 32), (7, 5, 64), (8, 5, 64)],
)  # fmt: skip
def test_a_fraction_has_the_resolution_that_was_asked_for(factors: int, resolution: int, runs: int) -> None:
    """In the fewest runs that textbooks give for it."""
    found = fraction(factors, resolution)
    assert found is not None
    assert len(found.runs()) == runs
    assert found.resolution >= min(resolution, factors + 1)


def test_a_textbook_fraction_has_its_textbook_resolution() -> None:
    """2^(3-1) with C = AB is of resolution III, 2^(7-4) too: a check that can say no."""
    assert Fraction(3, ((0, 1),)).resolution == 3
    assert Fraction(7, ((0, 1), (0, 2), (1, 2), (0, 1, 2))).resolution == 3


def test_none_where_no_fraction_is_known() -> None:
    """Resolution V of nine switches takes 128 runs."""
    assert fraction(9, 5) is None
    assert fraction(33, 4) is None


@pytest.mark.parametrize("factors", range(2, 9))
def test_the_strings_name_every_pair_once(factors: int) -> None:
    """At resolution V each pair stands alone; at IV they share columns from five switches on, as is stated."""
    pairs = set(combinations(range(factors), 2))
    for resolution in (4, 5):
        found = fraction(factors, resolution)
        assert found is not None
        strings = found.strings()
        assert sorted(pair for string in strings for pair in string) == sorted(pairs)
        if resolution == 5:
            assert all(len(string) == 1 for string in strings)


@pytest.mark.parametrize("factors", range(2, 9))
def test_known_effects_come_back(factors: int) -> None:
    """Without noise, main effects and sums of aliased interactions are exactly what was put in."""
    drawn = np.random.default_rng(factors)
    mains = drawn.normal(size=factors)
    between = {pair: drawn.normal() for pair in combinations(range(factors), 2)}
    for resolution in (4, 5):
        found = fraction(factors, resolution)
        assert found is not None
        on = np.array(found.runs(), dtype=float)
        times = on @ mains + sum(value * on[:, i] * on[:, j] for (i, j), value in between.items())
        for factor in range(factors):
            partners = sum(value for pair, value in between.items() if factor in pair)
            assert times @ found.main(factor) == pytest.approx(mains[factor] + partners / 2)
        for string in found.strings():
            assert times @ found.interaction(string[0]) == pytest.approx(sum(between[pair] for pair in string))


def test_a_pair_that_does_nothing_is_not_found() -> None:
    """Two switches that only add up have no interaction."""
    found = fraction(6, 5)
    assert found is not None
    on = np.array(found.runs(), dtype=float)
    times = on @ np.arange(1.0, 7.0)
    assert all(times @ found.interaction(string[0]) == pytest.approx(0) for string in found.strings())
    assert isinstance(found, factorial.Fraction)
