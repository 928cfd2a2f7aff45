"""The smallest difference that matters, never below what the machine can tell."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bench.model import DELTA

Floors = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Delta:
    """What a metric is judged by, with a sentence for whoever asked for another."""

    value: float
    note: str


def delta(metric: str, asked: Mapping[str, float], floors: Floors | None) -> Delta:
    """The policy's delta for a metric, raised to the calibrated floor of the machine where that is larger.

    `floors` None: the machine was never calibrated, which is said. Infinite: it finds no change of this metric.
    """
    wanted = asked.get(metric, DELTA)
    floor = None if floors is None else floors.get(metric)
    if floor is None:
        return Delta(wanted, f"{metric}: not calibrated; whether this machine can tell {wanted:.1%} is not known.")
    if math.isinf(floor):
        return Delta(floor, "")
    if floor > wanted:
        return Delta(
            floor, f"{metric}: {wanted:.1%} was asked for, but this machine finds {floor:.1%} at least; judged by that."
        )
    return Delta(wanted, f"{metric}: judged by {wanted:.1%}; this machine was calibrated to find {floor:.1%}.")
