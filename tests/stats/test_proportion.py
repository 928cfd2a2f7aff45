"""The interval of a counted share, against published values and by its coverage."""

import numpy as np
import pytest

from bench.stats.proportion import share


def test_published_limits() -> None:
    """The bound of nothing in n is alpha/2 ** (1/n); 10 of 100 is 4.90 to 17.62 % (Clopper and Pearson)."""
    assert share(0, 6, alpha=0.05).high == pytest.approx(1 - 0.025 ** (1 / 6))
    assert share(6, 6, alpha=0.05).low == pytest.approx(0.025 ** (1 / 6))
    found = share(10, 100, alpha=0.05)
    assert (found.low, found.high) == pytest.approx((0.0490, 0.1762), abs=1e-4)


@pytest.mark.parametrize("truth", [0.001, 0.05, 0.5])
def test_it_holds_what_it_promises(truth: float) -> None:
    """The chance that the truth lies in the interval, over all counts, is 95 % at least."""
    from scipy.stats import binom

    limits = [share(count, 40, alpha=0.05) for count in range(41)]
    inside = np.array([one.low <= truth <= one.high for one in limits])
    assert binom.pmf(np.arange(41), 40, truth)[inside].sum() >= 0.95


def test_what_is_no_share_is_refused() -> None:
    """Nothing looked at, or more counted than there was."""
    for counted, of in ((0, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="is no share"):
            share(counted, of, alpha=0.05)
