"""Arrival schedules of the open model: when each request is due, decided before the first is sent.

Pure and seeded, standard library alone: the lab and the load generator's process compute the same moments.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import count, takewhile
from math import ceil, inf
from typing import Final, NamedTuple

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


class Arrival(NamedTuple):
    """One request that is due."""

    moment: float
    """Seconds from the start of the slot."""
    lane: int
    """Number of the arm that it goes to."""
    number: int
    """In the schedule, which is the same for all arms."""


def in_turns(schedule: Sequence[float], duration_s: float, lanes: int, turn_s: float, seed: int) -> list[Arrival]:
    """Spread one schedule over arms that take turns: each gets all of it, in stretches of `turn_s`, one arm at a time.

    A round is one turn of each arm, with the same stretch of the schedule. The order in a round is drawn from the seed
    and mirrored in the round after it (ABBA), so that a steady drift cancels. After every turn nothing is due for
    `pause(turn_s)`, in which what is under way can end. All moments are fixed here, whatever the arms do: an arm that
    stands still is charged for what is due to it meanwhile, and no turn waits for it.
    """
    rounds = ceil(duration_s / turn_s - 1e-9)
    rng = random.Random(f"turns {seed}")
    orders: list[Sequence[int]] = []
    for number in range(rounds):
        orders.append(orders[-1][::-1] if number % 2 else rng.sample(range(lanes), lanes))
    due = []
    for index, moment in enumerate(schedule):
        number = min(int(moment / turn_s), rounds - 1)
        began_s, into_s = number * round_s(lanes, turn_s), moment - number * turn_s
        for place, lane in enumerate(orders[number]):
            due.append(Arrival(began_s + place * (turn_s + pause(turn_s)) + into_s, lane, index))
    return sorted(due)


def pause(turn_s: float) -> float:
    """Seconds after each turn in which nothing is due."""
    return turn_s * PAUSE


def round_s(lanes: int, turn_s: float) -> float:
    """How long a round takes: a turn of each arm."""
    return lanes * (turn_s + pause(turn_s))


def spread_s(duration_s: float, lanes: int, turn_s: float) -> float:
    """How long so many arms take for a schedule of `duration_s` each; one arm has no turns to take."""
    return duration_s if lanes == 1 else ceil(duration_s / turn_s - 1e-9) * round_s(lanes, turn_s)


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


PAUSE: Final = 0.1
"""Share of a turn that passes after it with nothing due."""
KINDS: Final[Mapping[str, Callable[[random.Random, float, float], list[float]]]] = {
    "constant": _constant,
    "poisson": _poisson,
}
