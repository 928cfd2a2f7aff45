"""Where the level of a short series of runs has changed.

The values become ranks, so that one stalled run weighs no more than one place. Of all ways to cut the ranks into
levels the best one is searched (dynamic programming in `ruptures`), each cut paying a penalty. The penalty is what
makes it a test: shuffled series, which have no change, show one at that penalty in a share `alpha` of cases. Each
piece is then searched by itself, and the values themselves place each cut. Nothing else is assumed than that runs
without a change could have come in any order.

Sources: Truong, Oudre, Vayatis, Selective review of offline change point detection methods, Signal Processing 167,
2020 (the search); Matteson and James, JASA 109, 2014 (shuffling as the test). `docs/statistics.md` has the simulated
figures.
"""

from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

ALPHA = 0.01
"""A history has dozens of series: at 5 % some would always cry."""
FEWEST = 10
"""Five against five are the least that reach 1 %: 2 of 252 orders keep them wholly apart."""
SHORTEST = 3
"""Fewer runs than this are no level of their own."""
SHUFFLES = 2_000
"""Give the 1 % quantile of their penalties a relative error of about a fifth of alpha."""


def available() -> bool:
    """Whether this Python has the library: of 3.14 and later there is no build of it yet."""
    return find_spec("ruptures") is not None


def change_points(values: "ArrayLike", *, alpha: float = ALPHA) -> tuple[int, ...]:
    """The index of the first value of each new level; empty where nothing changed, or with fewer than ten values."""
    data = np.asarray(values, dtype=np.float64)
    ends = [0, *_changes(data, 0, alpha), len(data)]
    return tuple(_placed(data, *around) for around in zip(ends, ends[1:-1], ends[2:], strict=False))


def _changes(values: "NDArray[np.float64]", offset: int, alpha: float) -> "Iterator[int]":
    """The cuts of a series, then those within each piece: beside a large step a smaller one is lost among the ranks."""
    cuts = _cuts(values, alpha)
    if not cuts:
        return
    for begin, end in pairwise([0, *cuts, len(values)]):
        if begin:
            yield offset + begin
        yield from _changes(values[begin:end], offset + begin, alpha)


def _placed(values: "NDArray[np.float64]", begin: int, cut: int, end: int) -> int:
    """Where between its neighbours a cut leaves the least distance to the medians on both sides.

    Ranks tell that there is a step; they know nothing of its height, and so are a run or two off in placing it.
    """

    def left_over(place: int) -> float:
        pieces = values[begin:place], values[place:end]
        return sum(float(np.abs(piece - np.median(piece)).sum()) for piece in pieces)

    return min(range(begin + SHORTEST, end - SHORTEST + 1), key=lambda place: (left_over(place), abs(place - cut)))


def _cuts(values: "NDArray[np.float64]", alpha: float) -> list[int]:
    from scipy.stats import rankdata

    if len(values) < FEWEST:
        return []
    ranks = np.asarray(rankdata(values), dtype=np.float64)
    return [int(end) for end in _search(ranks).predict(pen=_penalty(len(ranks), alpha))[:-1]]


@cache
def _penalty(n: int, alpha: float) -> float:
    """The smallest penalty at which only a share `alpha` of shuffled series shows any change."""
    rng = np.random.default_rng(n)
    ranks = np.arange(1, n + 1, dtype=np.float64)
    return float(np.quantile([_temptation(rng.permutation(ranks)) for _ in range(SHUFFLES)], 1 - alpha))


def _temptation(ranks: "NDArray[np.float64]") -> float:
    """The penalty for a cut below which one or two cuts would be made."""
    search = _search(ranks)
    whole = _cost(ranks, [len(ranks)])
    cuts = (1, 2) if len(ranks) >= 3 * SHORTEST else (1,)
    return max((whole - _cost(ranks, search.predict(n_bkps=count))) / count for count in cuts)


def _search(ranks: "NDArray[np.float64]") -> Any:
    import ruptures

    return ruptures.KernelCPD(kernel="linear", min_size=SHORTEST).fit(ranks.reshape(-1, 1))


def _cost(ranks: "NDArray[np.float64]", ends: "Sequence[int]") -> float:
    """What the levels leave unexplained."""
    starts = [0, *ends[:-1]]
    return sum(float(np.var(ranks[a:b])) * (b - a) for a, b in zip(starts, ends, strict=True))
