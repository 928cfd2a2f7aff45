"""Arrival schedules of the open model: when each request is due, decided before the first is sent.

Pure and seeded, standard library alone: the lab and the load generator's process compute the same moments.
"""

import random
from collections.abc import Callable, Mapping
from itertools import count, takewhile
from math import inf
from typing import Final

from bench.errors import UsageError


def arrivals(kind: str, rate: float, duration_s: float, seed: int) -> list[float]:
    """Moments in seconds from the start of the slot, ascending, all in [0, duration_s).

    `poisson`: independent users, exponential gaps with mean 1 / rate, so that requests come in bunches as
    they do in life; the count varies from seed to seed. `constant`: one request every 1 / rate seconds from
    a seeded phase on, so that no clock of the machine is hit at the same point in every slot. The same
    arguments give the same moments on every machine.

    Raises UsageError for an unknown kind, or a rate or duration that is not positive.
    """
    if kind not in KINDS:
        raise UsageError(f"There is no arrival schedule {kind!r}; take one of {', '.join(KINDS)}.")
    if not (0 < rate < inf and 0 < duration_s < inf):
        raise UsageError(f"Arrivals need a positive rate and duration, not {rate:g}/s for {duration_s:g} s.")
    # A string seed is hashed with SHA-512: no correlation between the streams of neighbouring seeds.
    return KINDS[kind](random.Random(f"arrivals {seed}"), rate, duration_s)


def _constant(rng: random.Random, rate: float, duration_s: float) -> list[float]:
    phase = rng.random()
    # Multiplied, not summed: a sum of gaps drifts by its rounding.
    return list(takewhile(lambda moment: moment < duration_s, ((i + phase) / rate for i in count())))


def _poisson(rng: random.Random, rate: float, duration_s: float) -> list[float]:
    moments: list[float] = []
    moment = rng.expovariate(rate)
    while moment < duration_s:
        moments.append(moment)
        moment += rng.expovariate(rate)
    return moments


KINDS: Final[Mapping[str, Callable[[random.Random, float, float], list[float]]]] = {
    "constant": _constant,
    "poisson": _poisson,
}
