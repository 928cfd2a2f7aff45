"""From the times of all arms in all blocks to what each knob contributes.

Everything is a contrast of log mean latencies, so effects are ratios that multiply along the way from nothing on to
everything on. Of a knob k, with y the log of an arm's mean latency:

    alone    y(only k) - y(none)         what it brings by itself
    last     y(all) - y(all but k)       what it still brings when all others are there
    bar      half of their sum           its share of the way

If knobs interact at most in pairs, the bar is the knob's Shapley value: its contribution averaged over all orders in
which the knobs may be switched on. The remainder (the whole way less all bars) is what interactions of three and more
leave over, and noise. `last - alone` is what all other knobs together change about it.

The facts are plain JSON as the experiment stored them, so that a stored run can be read again.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.ablation.layout import NOTHING, Family
from bench.stats import blocks, factorial
from bench.stats.interval import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Contribution:
    """One knob's effects as ratios of mean latency, on over off; below 1 is faster.

    The intervals of each kind hold together with 95 %: Bonferroni over the knobs.
    """

    knob: str
    alone: Interval | None
    last: Interval
    bar: Interval
    """Half way between `alone` and `last`; `last` where alone was not measured."""
    context: Interval | None
    """`last / alone`: below 1 the others make it count for more, above 1 for less."""
    main: Interval | None
    """Averaged over the states of all other knobs, from the fraction."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """By what factor one knob changes the other's ratio; below 1 the two bring more together than apart."""

    pairs: tuple[tuple[str, str], ...]
    """More than one: the fraction cannot tell them apart, and the factor is of all together."""
    factor: Interval


@dataclass(frozen=True, slots=True)
class Reading:
    """What an ablation found. Ratios of mean latency."""

    knobs: tuple[Contribution, ...]
    """The one that contributes most first."""
    noise: Contribution
    """The pseudo knob, which changes nothing."""
    baseline_s: float
    """Mean latency with nothing on: the geometric mean over the blocks, in seconds."""
    total: Interval
    """Everything on over nothing on."""
    remainder: Interval
    """The whole way over the product of all bars: together more (below 1) or less than the parts."""
    interactions: tuple[Interaction, ...]
    """Strongest first; Bonferroni over all of them. Empty without a fraction."""
    blocks: int
    resolution: int | None


def holds_no_change(interval: Interval) -> bool:
    """Whether no effect at all is among what the interval allows: nothing is proved then."""
    return interval.low <= 1 <= interval.high


def read(facts: Mapping[str, Any]) -> Reading | None:
    """What the stored facts of the experiment say; None with fewer than two complete blocks.

    A block in which an arm has no good answer is not complete.
    """
    if "layout" not in facts or "slots" not in facts:
        return None
    table = _Table.of(facts)
    if table is None:
        return None
    knobs = sorted((_contribution(table, knob) for knob in table.knobs), key=lambda each: each.bar.estimate)
    return Reading(
        knobs=tuple(knobs),
        noise=_contribution(table, NOTHING),
        baseline_s=math.exp(float(table.logs[:, table.arms.index("none")].mean())),
        total=table.ratio({"all": 1, "none": -1}, table.one_at_a_time),
        remainder=_remainder(table),
        interactions=_interactions(table),
        blocks=len(table.logs),
        resolution=table.fraction.resolution if table.fraction else None,
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """Log mean latencies, a row a complete block and a column an arm."""

    knobs: tuple[str, ...]
    arms: tuple[str, ...]
    logs: "NDArray[np.float64]"
    families: Mapping[str, tuple[int, ...]]
    fraction: factorial.Fraction | None

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "_Table | None":
        stored = facts["layout"]
        arms = tuple(stored["arms"])
        rows: dict[int, dict[str, float]] = {}
        for slot in facts["slots"]:
            if slot.get("mean", 0) > 0:
                rows.setdefault(slot["block"], {})[slot["arm"]] = math.log(slot["mean"])
        whole = [[row[arm] for arm in arms] for _, row in sorted(rows.items()) if row.keys() == set(arms)]
        if len(whole) < blocks.FEWEST_BLOCKS:
            return None
        generators = stored.get("generators")
        chosen = (
            None
            if generators is None
            else factorial.Fraction(len(stored["knobs"]), tuple(tuple(generator) for generator in generators))
        )
        families = {name: tuple(arms.index(arm) for arm in members) for name, members in stored["families"].items()}
        return cls(tuple(stored["knobs"]), arms, np.asarray(whole), families, chosen)

    @property
    def one_at_a_time(self) -> tuple[int, ...]:
        return (*self.families[Family.ALONE], *self.families[Family.LAST])

    @property
    def has_alone(self) -> bool:
        return len(self.families[Family.ALONE]) > 1

    def ratio(self, weights: Mapping[str, float], family: Sequence[int], *, of: int = 1) -> Interval:
        """The contrast of arms named with their weights as a ratio, one of `of` that hold together."""
        vector = np.zeros(len(self.arms))
        for arm, weight in weights.items():
            vector[self.arms.index(arm)] += weight
        return blocks.contrast(self.logs, vector, family).interval((1 - CONFIDENCE) / of).exp()

    def of_runs(self, weights: "NDArray[np.float64]", *, of: int) -> Interval:
        """The contrast of the fraction's runs, in their order."""
        runs = self.families[Family.FRACTION]
        vector = np.zeros(len(self.arms))
        vector[list(runs)] = weights
        return blocks.contrast(self.logs, vector, runs).interval((1 - CONFIDENCE) / of).exp()


def _contribution(table: _Table, knob: str) -> Contribution:
    # The pseudo knob is none of the family: it is there to be held against it.
    count = len(table.knobs)
    alone_weights, last_weights = _alone_weights(knob), _last_weights(knob)
    last = table.ratio(last_weights, table.families[Family.LAST], of=count)
    if not table.has_alone:
        return Contribution(knob, None, last, last, None, None)
    return Contribution(
        knob=knob,
        alone=table.ratio(alone_weights, table.families[Family.ALONE], of=count),
        last=last,
        bar=table.ratio(_bar_weights(table, knob), table.one_at_a_time, of=count),
        context=table.ratio(_sum(last_weights, alone_weights, -1), table.one_at_a_time, of=count),
        main=_main(table, knob),
    )


def _alone_weights(knob: str) -> dict[str, float]:
    return {"none again" if knob == NOTHING else f"only {knob}": 1, "none": -1}


def _last_weights(knob: str) -> dict[str, float]:
    return {"all": 1, "all again" if knob == NOTHING else f"all but {knob}": -1}


def _bar_weights(table: _Table, knob: str) -> dict[str, float]:
    if not table.has_alone:
        return _last_weights(knob)
    both = _sum(_alone_weights(knob), _last_weights(knob), 1)
    return {arm: weight / 2 for arm, weight in both.items()}


def _sum(first: Mapping[str, float], second: Mapping[str, float], sign: int) -> dict[str, float]:
    return {arm: first.get(arm, 0) + sign * second.get(arm, 0) for arm in {**first, **second}}


def _remainder(table: _Table) -> Interval:
    weights: dict[str, float] = {"all": 1, "none": -1}
    for knob in table.knobs:
        weights = _sum(weights, _bar_weights(table, knob), -1)
    return table.ratio(weights, table.one_at_a_time)


def _main(table: _Table, knob: str) -> Interval | None:
    if table.fraction is None or knob == NOTHING:
        return None
    return table.of_runs(table.fraction.main(table.knobs.index(knob)), of=len(table.knobs))


def _interactions(table: _Table) -> tuple[Interaction, ...]:
    if table.fraction is None:
        return ()
    strings = table.fraction.strings()
    found = [
        Interaction(
            pairs=tuple((table.knobs[first], table.knobs[second]) for first, second in string),
            factor=table.of_runs(table.fraction.interaction(string[0]), of=len(strings)),
        )
        for string in strings
    ]
    return tuple(sorted(found, key=lambda each: -abs(math.log(each.factor.estimate))))
