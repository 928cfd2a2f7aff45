"""Several questions of one experiment: p-values that keep the chance of any false alarm among them.

Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
It needs no independence, which the latency metrics of the same slots do not have.
"""

from collections.abc import Sequence


def adjusted(p_values: Sequence[float]) -> tuple[float, ...]:
    """Each p-value as it counts among all of them, in the given order.

    Whoever rejects what lies below alpha is wrong about any of them with probability alpha at most.
    """
    ranked = sorted(range(len(p_values)), key=p_values.__getitem__)
    counted = dict.fromkeys(ranked, 1.0)
    highest = 0.0
    for rank, index in enumerate(ranked):
        highest = max(highest, min(1.0, p_values[index] * (len(ranked) - rank)))
        counted[index] = highest
    return tuple(counted[index] for index in range(len(p_values)))
