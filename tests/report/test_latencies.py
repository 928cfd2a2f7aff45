"""The curve of all latencies, of few requests and of millions."""

import numpy as np
import pytest

from bench.report.figures.latencies import POINTS, _curve


def test_of_few_requests_every_one_is_drawn() -> None:
    """In their order, with the share of requests up to each."""
    drawn, share = _curve(np.array([0.003, 0.001, 0.002]))
    assert drawn == pytest.approx([1.0, 2.0, 3.0])
    assert share == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_of_many_the_curve_stays_the_same() -> None:
    """Fewer points, all on the curve; both ends and the slowest fifty are there."""
    values = np.random.default_rng(1).lognormal(0, 1, 200_000)
    drawn, share = _curve(values)
    assert len(drawn) <= POINTS
    whole = np.sort(values) * 1e3
    assert set(drawn) <= set(whole)
    assert share == pytest.approx(np.searchsorted(whole, drawn, side="right") / len(values))
    assert list(drawn[-50:]) == list(whole[-50:])
    assert drawn[0] == whole[0]
    assert np.abs(np.diff(share)).max() < 0.001
