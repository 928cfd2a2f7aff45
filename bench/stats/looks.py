"""Looking early without fooling oneself: at which level each look may judge.

Whoever looks three times at level 0.05 and stops at the first answer is wrong in about 10 % of runs. With
one lower level for all looks (Pocock 1977) the chance that *any* of the intervals misses the truth stays at
5 %, so the run may stop at any look, for any reason. `tests/stats/simulate.py` re-runs the figures.
"""

from collections.abc import Sequence

from bench.model import Look

LEVELS = {1: 0.05, 3: 0.0221}
"""Level of every look by the number of looks; together each row keeps 5 % (Pocock, Biometrika 64, 1977,
table 1). The three are computed for equal distances; later first looks are safer still."""
CONFIDENCE = 0.95
"""What the looks of a row keep together."""
FRACTIONS = (0.4, 0.7, 1.0)
"""When to look: 8, 14 and 20 of 20 pairs."""
FIRST = 8
"""Pairs before the first look: 7 can reach 0.0221 only if all agree; a block more leaves room for one."""
WORTH_LOOKING = 14
"""Fewer pairs than this are judged once: a first look would come almost at the end and cost power."""
FEWEST = 6
"""Fewer pairs can never give an interval at level 0.05."""


def schedule(pairs: int) -> tuple[Look, ...]:
    """The looks at an experiment of `pairs` pairs (even): three from 14 pairs on, else one at its end."""
    if pairs < WORTH_LOOKING:
        return (Look(pairs, LEVELS[1]),)
    moments = (max(FIRST, even(pairs * fraction)) for fraction in FRACTIONS)
    return tuple(Look(moment, LEVELS[3]) for moment in moments)


def level(looks: Sequence[Look], pairs: int) -> float:
    """The level at which `pairs` pairs may be judged: that of the first look that they do not exceed.

    A run cut off between two looks is judged in place of the next one. Without looks: 0.05.
    """
    due = (look.alpha for look in sorted(looks, key=lambda look: look.pairs) if pairs <= look.pairs)
    return next(due, looks[-1].alpha if looks else LEVELS[1])


def even(pairs: float) -> int:
    """The nearest even number of pairs: a block holds two."""
    return 2 * round(pairs / 2)
