"""How much wider one arm's tail is than another's: the ratio of p99 / p50 between two arms.

A p99 needs thousands of requests, more than one slot gives, so the observations of all slots of an arm are
pooled. Requests of one slot share the machine's weather: the pair stays the unit, and the interval comes
from what happens to the estimate when whole pairs are left out or drawn again.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.errors import TooFewPairs
from bench.stats.interval import Interval
from bench.stats.quantiles import needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Slots = Sequence[NDArray[np.float64]]

TAIL, BODY = 0.99, 0.50
DRAWS = 200
"""Resamples of whole pairs: a standard error from 200 is itself good to 5 % (Efron, Tibshirani 1993, 6.4)."""
FEWEST_PAIRS = 6
"""Below six pairs no standard error over pairs is worth a verdict."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Too few observations for a p99: each arm needs `need` pooled over its slots, the poorer one had `have`."""

    have: int
    need: int


@dataclass(frozen=True, slots=True)
class Spread:
    """The ratio of tail ratios with its interval, the standard error of its logarithm, and both tail ratios."""

    ratio: Interval
    log_error: float
    numerator: float
    denominator: float


def compare(numerator: "Slots", denominator: "Slots", *, alpha: float, seed: int = 0) -> Spread | Unsupported:
    """Compare p99 / p50 of two arms; slot k of one arm and slot k of the other form pair k.

    The interval is log estimate +- t(1 - alpha/2, n - 1) x standard error, the error being the larger of two over
    pairs: leaving one out (jackknife) and drawing pairs with replacement (seeded).

    Raises TooFewPairs below six pairs.
    """
    n = len(numerator)
    if n < FEWEST_PAIRS:
        raise TooFewPairs(n, FEWEST_PAIRS)
    have, need = min(_count(numerator), _count(denominator)), needed(TAIL)
    if have < need:
        return Unsupported(have, need)
    weights = np.concatenate([np.ones((1, n)), 1 - np.eye(n), _draws(n, seed)])
    over, under = _log_tails(numerator, weights), _log_tails(denominator, weights)
    whole, *rest = over - under
    error = _error(np.asarray(rest), n)
    return Spread(
        ratio=_t_interval(float(whole), error, n, alpha).exp(),
        log_error=error,
        numerator=math.exp(over[0]),
        denominator=math.exp(under[0]),
    )


def _count(slots: "Slots") -> int:
    return sum(len(slot) for slot in slots)


def _draws(n: int, seed: int) -> "NDArray[np.float64]":
    """How often each pair occurs in each resample."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=DRAWS).astype(np.float64)


def _log_tails(slots: "Slots", weights: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """ln(p99 / p50) of the pooled observations for each row of pair weights."""
    values, ordered = np.sort(np.concatenate(slots)), [np.sort(slot) for slot in slots]
    tail, body = (_weighted_quantile(values, ordered, weights, q) for q in (TAIL, BODY))
    tails: NDArray[np.float64] = np.log(tail / body)
    return tails


def _weighted_quantile(
    values: "NDArray[np.float64]", ordered: "Slots", weights: "NDArray[np.float64]", q: float
) -> "NDArray[np.float64]":
    """For each row of weights the smallest value up to which the weighted share is q.

    Each slot weighs as a whole, so a row is searched by halves: 22 looks into each slot for millions of observations.
    """
    wanted = q * (weights @ np.array([len(slot) for slot in ordered], dtype=np.float64))
    low, high = np.zeros(len(weights), dtype=np.int64), np.full(len(weights), len(values) - 1)
    while (low < high).any():
        middle = (low + high) // 2
        below = np.stack([np.searchsorted(slot, values[middle], side="right") for slot in ordered], axis=1)
        enough = (weights * below).sum(axis=1) >= wanted
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    found: NDArray[np.float64] = values[low]
    return found


def _error(replicates: "NDArray[np.float64]", n: int) -> float:
    left_out, drawn = replicates[:n], replicates[n:]
    jackknife = math.sqrt((n - 1) / n * float(np.sum((left_out - left_out.mean()) ** 2)))
    # Drawing n of n pairs shows (n - 1) / n of the variance.
    bootstrap = math.sqrt(n / (n - 1)) * float(drawn.std(ddof=1))
    return max(jackknife, bootstrap)


def _t_interval(centre: float, error: float, n: int, alpha: float) -> Interval:
    from scipy.special import stdtrit

    reach = float(stdtrit(n - 1, 1 - alpha / 2)) * error
    return Interval(centre, centre - reach, centre + reach, 1 - alpha)
