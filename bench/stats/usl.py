"""Gunther's Universal Scalability Law: how throughput grows with concurrency, and from where on it falls.

    X(N) = gamma N / (1 + sigma (N - 1) + kappa N (N - 1))

sigma is the share of the work that waits for something shared, kappa what keeping each other informed costs. X is
highest at the knee sqrt((1 - sigma) / kappa); without kappa there is none. Source: N. J. Gunther, Guerrilla Capacity
Planning, Springer 2007, chapter 4 and 5.

Blocks differ in their weather: each has a gamma of its own, which drops out where the mean of the ln X of a block is
taken off. What remains has two parameters, searched on a grid finer than any noise; the interval of the knee is that of
the profile likelihood (D. M. Bates, D. G. Watts, Nonlinear Regression Analysis, Wiley 1988, section 6.1): all knees
whose best fit is not worse by more than F allows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FEWEST_SIZES = 4
BEYOND = 10
"""A knee further out than so many times the largest size is none: nothing that was measured speaks of it."""
SIGMAS: NDArray[np.float64] = np.concatenate([[0.0], np.geomspace(1e-3, 0.99, 400)])
KNEES = 150


@dataclass(frozen=True, slots=True)
class Law:
    """A fit to blocks of throughputs at the same sizes."""

    gamma: float
    """Throughput of one, in the unit of the throughputs; geometric mean of the blocks."""
    sigma: float
    knee: float
    """Concurrency of the highest throughput; infinite where it only levels off."""
    knee_low: float
    knee_high: float
    confidence: float
    """Of the interval of the knee."""

    @property
    def kappa(self) -> float:
        """What telling each other costs."""
        return (1 - self.sigma) / self.knee**2

    def throughput(self, n: float) -> float:
        """At a concurrency of n."""
        return self.gamma * float(_relative(np.array([n]), np.array([self.sigma]), np.array([self.kappa]))[0, 0])


def fit(sizes: Sequence[int], blocks: Sequence[Sequence[float]], *, confidence: float = 0.95) -> Law:
    """The law of `blocks`, each with a positive throughput for every size.

    Raises ValueError for fewer than four sizes, no block, or a block that is not positive throughout.
    """
    measured = np.asarray(blocks, dtype=float)
    if len(set(sizes)) < FEWEST_SIZES or measured.ndim != 2 or not len(measured) or measured.min(initial=1.0) <= 0:
        raise ValueError(f"{len(sizes)} sizes in {len(measured)} blocks hold no law of scalability")
    logs = np.log(measured)
    centred = logs - logs.mean(axis=1, keepdims=True)
    knees, shape = _grid(tuple(sizes))
    model = shape - shape.mean(axis=1, keepdims=True)
    squares = float((centred**2).sum()) - 2 * model @ centred.sum(axis=0) + len(logs) * (model**2).sum(axis=1)
    best = int(squares.argmin())
    freedom = logs.size - len(logs) - 2
    allowed = squares[best] * (1 + float(stats.f.ppf(confidence, 1, freedom)) / freedom)
    inside = np.flatnonzero(squares.reshape(len(knees), -1).min(axis=1) <= allowed)
    return Law(
        gamma=float(np.exp(logs.mean() - shape[best].mean())),
        sigma=float(SIGMAS[best % len(SIGMAS)]),
        knee=float(knees[best // len(SIGMAS)]),
        # The neighbours outside, so that the width of the grid never narrows what is told.
        knee_low=float(knees[max(inside[0] - 1, 0)]),
        knee_high=float(knees[min(inside[-1] + 1, len(knees) - 1)]),
        confidence=confidence,
    )


@cache
def _grid(sizes: tuple[int, ...]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The knees, and ln X / gamma of each size in a column, with a row for each pair of a knee and a sigma."""
    knees = np.append(np.geomspace(1.0, BEYOND * max(sizes), KNEES), math.inf)
    knee, sigma = (grid.ravel() for grid in np.meshgrid(knees, SIGMAS, indexing="ij"))
    return knees, np.log(_relative(np.asarray(sizes, dtype=float), sigma, (1 - sigma) / knee**2))


def _relative(n: NDArray[np.float64], sigma: NDArray[np.float64], kappa: NDArray[np.float64]) -> NDArray[np.float64]:
    """Throughput in units of gamma; a row for each pair of parameters, a column for each n."""
    sigma, kappa = sigma[:, None], kappa[:, None]
    relative: NDArray[np.float64] = n / (1 + sigma * (n - 1) + kappa * n * (n - 1))
    return relative
