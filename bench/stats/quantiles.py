"""The latency figures of one slot, and when there are enough observations for each."""

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
BEYOND = 20
"""Observations beyond a quantile that it rests on: 20 give its rank a relative error of 1/sqrt(20) = 22 %,
and no single request decides it."""


def needed(q: float) -> int:
    """How many observations a quantile needs: 40 for the median, 400 for p95, 2,000 for p99."""
    # Rounded first: 20 / (1 - 0.95) is 399.99... or 400.00... in binary.
    return math.ceil(round(BEYOND / (1 - q), 6))


def expected(q: float) -> float:
    """How many observations of Poisson arrivals are due on average where `needed` come for certain."""
    # With 72 expected for 40 needed, one count in 55,000 falls short (the Poisson distribution's lower tail).
    return needed(q) + 5 * math.sqrt(needed(q))


def summary(values: "ArrayLike") -> dict[str, float]:
    """p50, p95, p99 and mean in the unit of `values`, each only where the observations support it.

    What is not supported is absent rather than NaN. The mean needs one observation: how much it scatters
    shows from slot to slot.
    """
    data = np.asarray(values, dtype=np.float64)
    supported = {name: q for name, q in QUANTILES.items() if len(data) >= needed(q)}
    found = dict(zip(supported, np.quantile(data, list(supported.values())).tolist(), strict=True)) if supported else {}
    return found | ({"mean": float(data.mean())} if len(data) else {})
