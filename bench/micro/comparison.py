"""What the comparisons share: rounds in which everyone has a turn in random order, and ratios with their interval."""

import math
import random
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bench.stats.interval import Interval
from bench.stats.signed_rank import estimate

ALPHA = 0.05
SEED = 7

Turn = Callable[[], Awaitable[float]]
Values = Mapping[str, Sequence[float]]


async def rounds(turns: Mapping[str, Turn], count: int) -> Values:
    """The value of every turn, in `count` rounds after one that warms up."""
    order = random.Random(SEED)
    values: dict[str, list[float]] = {name: [] for name in turns}
    for number in range(count + 1):
        for name in order.sample(list(turns), len(turns)):
            value = await turns[name]()
            if number:
                values[name].append(value)
    return values


def ratio(over: Sequence[float], under: Sequence[float]) -> Interval:
    """By Hodges and Lehmann on the log ratios of the rounds, with the exact signed-rank interval."""
    logs = [math.log(one / other) for one, other in zip(over, under, strict=True)]
    return estimate(logs, alpha=ALPHA).exp()


def rows(values: Values, to: str, shown: Callable[[float], str]) -> list[str]:
    """A line for each, with its ratio to one of them."""
    lines = []
    for name, several in values.items():
        line = f"{name:>28} {shown(statistics.median(several)):>12}"
        if name != to:
            found = ratio(several, values[to])
            line += f"   x {found.estimate:.3f}  [{found.low:.3f}, {found.high:.3f}]"
        lines.append(line)
    return lines
