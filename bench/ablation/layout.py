"""Which arms an ablation has, and in which order they are measured.

Every block measures every arm once in an order of its own, drawn from the seed, on the same requests. The families:

    alone      nothing on, each knob alone on, and nothing on once more (A/A)
    last       everything on, each knob alone off, and everything on once more (A/A)
    fraction   a fractional factorial over all knobs, for their interactions

The richest set of which the budget holds three blocks is chosen; without room for that, two blocks of `last`.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bench.errors import BudgetTooSmall
from bench.stats import factorial

BLOCKS = 3
"""Enough for the interval of a family: seven arms in three blocks leave twelve degrees of freedom."""
FEWEST_BLOCKS = 2
MOST_ARMS = 48
"""Each is a process of 80 MB with up to ten database connections, all running side by side."""
SEEDS = 2**32
NOTHING = "nothing (A/A)"
"""The pseudo knob: switched on or off it changes nothing, so its effects are what noise looks like."""


class Family(StrEnum):
    """Arms whose noise is pooled."""

    ALONE = "alone"
    LAST = "last"
    FRACTION = "fraction"


@dataclass(frozen=True, slots=True)
class Arm:
    """One combination of knobs. Two arms may have the same one: processes differ, too."""

    name: str
    on: frozenset[str]
    families: frozenset[Family]


@dataclass(frozen=True, slots=True)
class Layout:
    """What will be measured, decided before the first request."""

    knobs: tuple[str, ...]
    arms: tuple[Arm, ...]
    fraction: factorial.Fraction | None
    orders: tuple[tuple[int, ...], ...]
    """Per block the arms in the order in which they are measured."""
    seeds: tuple[int, ...]
    """Per block the seed of its requests, the same for all arms."""

    def columns(self, family: Family) -> tuple[int, ...]:
        """The arms of a family; those of the fraction in the order of its runs."""
        found = [number for number, arm in enumerate(self.arms) if family in arm.families]
        if family is Family.FRACTION and self.fraction is not None:
            place = {self._states(run): number for number, run in enumerate(self.fraction.runs())}
            found.sort(key=lambda number: place[self.arms[number].on])
        return tuple(found)

    def stored(self) -> dict[str, object]:
        """What `reading` needs of it, as plain JSON."""
        return {
            "knobs": list(self.knobs),
            "arms": [arm.name for arm in self.arms],
            "families": {str(family): [self.arms[number].name for number in self.columns(family)] for family in Family},
            "generators": None if self.fraction is None else [list(each) for each in self.fraction.generators],
        }

    def _states(self, run: Sequence[bool]) -> frozenset[str]:
        return _on(self.knobs, run)


def layout(knobs: Sequence[str], *, seed: int, budget_s: float, slot_s: float, overhead_s: float) -> Layout:
    """The richest layout that `budget_s` holds when a slot costs `slot_s + overhead_s`.

    Raises BudgetTooSmall when it does not hold two blocks of leaving one out.
    """
    each_s = slot_s + overhead_s
    for arms, chosen, fewest in _richest_first(knobs):
        # The tolerance keeps a budget of exactly so many blocks from failing in the last binary digit.
        blocks = int(budget_s / (each_s * len(arms)) + 1e-9)
        if blocks >= fewest:
            return _ordered(tuple(knobs), arms, chosen, blocks, seed)
    needed_s = FEWEST_BLOCKS * each_s * len(arms)
    raise BudgetTooSmall(
        f"ablation: a budget of {budget_s:g} s is too small for two slots of {slot_s:g} s on each of {len(arms)} "
        f"arms; {needed_s:.1f} s are needed.",
        budget_s=budget_s,
        needed_s=needed_s,
    )


def _richest_first(knobs: Sequence[str]) -> Iterator[tuple[tuple[Arm, ...], factorial.Fraction | None, int]]:
    one_at_a_time = [*_alone(knobs), *_last(knobs)]
    for resolution in (5, 4):
        chosen = factorial.fraction(len(knobs), resolution)
        if chosen is not None and len(arms := _with_runs(one_at_a_time, chosen, knobs)) <= MOST_ARMS:
            yield arms, chosen, BLOCKS
    yield tuple(one_at_a_time), None, BLOCKS
    yield tuple(_last_from_nothing(knobs)), None, FEWEST_BLOCKS


def _alone(knobs: Sequence[str]) -> Iterator[Arm]:
    family = frozenset({Family.ALONE})
    yield Arm("none", frozenset(), family)
    yield from (Arm(f"only {knob}", frozenset({knob}), family) for knob in knobs)
    yield Arm("none again", frozenset(), family)


def _last(knobs: Sequence[str]) -> Iterator[Arm]:
    family, everything = frozenset({Family.LAST}), frozenset(knobs)
    yield Arm("all", everything, family)
    yield from (Arm(f"all but {knob}", everything - {knob}, family) for knob in knobs)
    yield Arm("all again", everything, family)


def _last_from_nothing(knobs: Sequence[str]) -> Iterator[Arm]:
    """Leaving one out, and the baseline that the whole way began at."""
    yield Arm("none", frozenset(), frozenset({Family.ALONE}))
    yield from _last(knobs)


def _with_runs(arms: Sequence[Arm], chosen: factorial.Fraction, knobs: Sequence[str]) -> tuple[Arm, ...]:
    """The arms and the fraction's runs; a run that is an arm already needs no second process."""
    wanted = {_on(knobs, run): number for number, run in enumerate(chosen.runs(), start=1)}
    shared = []
    for arm in arms:
        both = wanted.pop(arm.on, None) is not None
        shared.append(Arm(arm.name, arm.on, arm.families | {Family.FRACTION}) if both else arm)
    return (*shared, *(Arm(f"run {number}", on, frozenset({Family.FRACTION})) for on, number in wanted.items()))


def _ordered(
    knobs: tuple[str, ...], arms: tuple[Arm, ...], chosen: factorial.Fraction | None, blocks: int, seed: int
) -> Layout:
    # The experiment's name is part of the seed: two experiments of a run must not share their randomness.
    drawn = random.Random(f"ablation:{seed}")
    orders = tuple(tuple(drawn.sample(range(len(arms)), len(arms))) for _ in range(blocks))
    return Layout(knobs, arms, chosen, orders, tuple(drawn.randrange(SEEDS) for _ in range(blocks)))


def _on(knobs: Sequence[str], run: Sequence[bool]) -> frozenset[str]:
    return frozenset(knob for knob, on in zip(knobs, run, strict=True) if on)
