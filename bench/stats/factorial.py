"""Two-level fractional factorials: which combinations of switches to measure, and what they can tell apart.

A fraction measures each of k switches on and off in far fewer than 2**k combinations. Its price is aliasing: some
effects share one column of signs and only their sum is found. Resolution V and more: each switch and each pair has
a column that no other switch or pair has. Resolution IV: each switch is apart from all pairs, pairs share columns
among themselves. Source: Box, Hunter, Hunter, Statistics for Experimenters, 2nd ed., chapter 6.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signs = NDArray[np.float64]

Pair = tuple[int, int]
String = tuple[Pair, ...]
"""Pairs of factors whose interactions share a column: only their sum is found."""

_FIVE = {5: ((0, 1, 2, 3),), 6: ((0, 1, 2, 3, 4),), 7: ((0, 1, 2, 3, 4, 5),), 8: ((0, 1, 2, 3), (0, 1, 4, 5))}
"""Generators of the smallest regular fractions of resolution V or more, by the number of factors."""
MOST_BASE = 6
"""64 runs are the most that a fraction here has."""


@dataclass(frozen=True, slots=True)
class Fraction:
    """A regular two-level fraction: the first factors run through all combinations, the others are their products."""

    factors: int
    generators: tuple[tuple[int, ...], ...]
    """Each further factor as the product of these of the first ones."""

    @property
    def base(self) -> int:
        """How many factors run through all combinations; there are 2**base runs."""
        return self.factors - len(self.generators)

    @property
    def resolution(self) -> int:
        """Length of the shortest word of the defining relation; factors + 1 for the full factorial."""
        words = [frozenset(generator) | {self.base + number} for number, generator in enumerate(self.generators)]
        lengths = [len(_product(chosen)) for size in range(1, len(words) + 1) for chosen in combinations(words, size)]
        return min(lengths, default=self.factors + 1)

    def runs(self) -> tuple[tuple[bool, ...], ...]:
        """Each run as the states of all factors, on is True; in standard order, to be shuffled by who runs them."""
        return tuple(tuple(bool(sign > 0) for sign in row) for row in self.signs())

    def signs(self) -> "Signs":
        """The design matrix: a row a run, a column a factor, -1 off and +1 on."""
        count = 2**self.base
        first = [np.where(np.arange(count) >> factor & 1, 1.0, -1.0) for factor in range(self.base)]
        further = [np.prod([first[factor] for factor in generator], axis=0) for generator in self.generators]
        return np.stack([*first, *further], axis=1)

    def strings(self) -> tuple[String, ...]:
        """All pairs of factors, those that share a column together."""
        signs = self.signs()
        found: dict[bytes, list[Pair]] = {}
        for pair in combinations(range(self.factors), 2):
            found.setdefault(_column(signs, pair).tobytes(), []).append(pair)
        return tuple(tuple(pairs) for pairs in found.values())

    def main(self, factor: int) -> "Signs":
        """Weights of the runs whose sum is the mean where the factor is on less the mean where it is off."""
        column: Signs = self.signs()[:, factor]
        return column * 2 / len(column)

    def interaction(self, pair: Pair) -> "Signs":
        """Weights of the runs whose sum is the first factor's effect with the second on less that with it off.

        On a log scale: by what factor the second changes the first's ratio.
        """
        column = _column(self.signs(), pair)
        return column * 4 / len(column)


def fraction(factors: int, resolution: int) -> Fraction | None:
    """The smallest regular fraction of resolution 4 or 5 at least that is known here; None where none is.

    For 4 every further factor is a product of an odd number of the first ones: words are then even, and none has two.
    """
    if resolution >= 5:
        if factors < 5:
            return Fraction(factors, ())
        return Fraction(factors, _FIVE[factors]) if factors in _FIVE else None
    base = next((base for base in range(min(factors, 3), MOST_BASE + 1) if _even(base) >= factors), None)
    if base is None:
        return None
    return Fraction(factors, tuple(_odd_products(base))[: factors - base])


def _even(base: int) -> int:
    """How many factors a design of only even words holds."""
    return base if base < 3 else 2 ** (base - 1)


def _odd_products(base: int) -> Iterator[tuple[int, ...]]:
    for size in range(3, base + 1, 2):
        yield from combinations(range(base), size)


def _product(words: "tuple[frozenset[int], ...]") -> frozenset[int]:
    product: frozenset[int] = frozenset()
    for word in words:
        product ^= word
    return product


def _column(signs: "Signs", pair: Pair) -> "Signs":
    column: Signs = signs[:, pair[0]] * signs[:, pair[1]]
    return column
