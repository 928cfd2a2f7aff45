"""Which size of the pool: the smallest that keeps waits short at this load, and how sure that is.

Whether 99 % wait for at most one service time has an interval over blocks at every size. A size whose whole interval
lies below is refuted; one whose whole interval lies above is shown to be enough. From the smallest that is not refuted
to the smallest that is enough it could be any of those measured: they are the sizes in question.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.criteria.pooling import Slots, within
from bench.stats.interval import Interval

SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Choice:
    """The sizes that the load may need."""

    question: tuple[int, ...]
    """Ascending; one where it is decided, none where all are refuted."""
    enough: bool
    """Whether the last of them is shown to be enough."""
    largest: int

    @property
    def size(self) -> int:
        """The one to judge by: the smallest in question, the largest of all when all are refuted."""
        return self.question[0] if self.question else self.largest

    @property
    def decided(self) -> bool:
        """Whether one size is shown to be enough and all smaller ones are refuted."""
        return self.enough and len(self.question) == 1

    @property
    def judged(self) -> tuple[int, ...]:
        """All that a criterion has to hold for."""
        return self.question or (self.largest,)


def choice(slots: Slots, sizes: Sequence[int]) -> Choice:
    """From at least two blocks. Raises TooFewPairs."""
    question: list[int] = []
    for size in sorted(sizes):
        found = within(slots, size)
        if found.low >= SHARE:
            return Choice((*question, size), enough=True, largest=max(sizes))
        if found.high >= SHARE:
            question.append(size)
    return Choice(tuple(question), enough=False, largest=max(sizes))


def spanned(chosen: Choice, found: Callable[[int], Interval]) -> Interval:
    """What `found` says at the size to judge by, with an interval that holds those of all sizes in question.

    The size is chosen from the same slots, so its own interval alone would be too narrow.
    """
    each = {size: found(size) for size in chosen.judged}
    mine = each[chosen.size]
    low, high = min(one.low for one in each.values()), max(one.high for one in each.values())
    return Interval(mine.estimate, low, high, mine.confidence)
