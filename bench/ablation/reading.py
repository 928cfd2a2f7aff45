"""From the times of all arms in all blocks to what each knob contributes.

Everything is a contrast of log mean latencies, so effects are ratios that multiply along the way from nothing on to
everything on. Of a knob k, with y the log of an arm's mean latency:

    alone     y(only k) - y(none)         what it brings by itself
    last      y(all) - y(all but k)       what it still brings when all others are there
    halfway   half of their sum
    main      mean of y with k on less mean of y with k off, over all runs of the fraction
    bar       its share of the way: main; halfway without a fraction; last without alone

`none` and `all` are each measured by two processes, whose mean stands for them here: half of what a contrast with them
would carry of one process's luck. Against each other the two are the A/A pair, the knob `nothing`.

If knobs interact at most in pairs, halfway and main are the same number, the knob's Shapley value: its contribution
averaged over all orders in which the knobs may be switched on. Main comes first since every run of the fraction tells
of every knob: the same load gives an interval half as wide. The remainder (the whole way less all bars) is what
interactions of three and more leave over, and noise. `last - alone` is what all other knobs together change about k.

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

    Weights = NDArray[np.float64]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Contribution:
    """One knob's effects as ratios of mean latency, on over off; below 1 is faster.

    The intervals of each kind hold together with 95 %: Bonferroni over the knobs.
    """

    knob: str
    alone: Interval | None
    last: Interval
    halfway: Interval | None
    """Between `alone` and `last`."""
    bar: Interval
    """Its share of the way: the main effect, or `halfway` or `last` where there is none."""
    context: Interval | None
    """`last / alone`: below 1 the others make it count for more, above 1 for less."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """By what factor one knob changes the other's ratio; below 1 the two bring more together than apart."""

    pairs: tuple[tuple[str, str], ...]
    """More than one: the fraction cannot tell them apart, and the factor is of all together. The first is the
    likeliest, its knobs having the largest bars: strong pairs are mostly made of strong knobs (heredity, see Wu,
    Hamada, Experiments, 2nd ed., section 4.6)."""
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

    @property
    def bar_is(self) -> str:
        """What the knobs' bars are, in words."""
        if self.resolution is not None:
            return "its main effect, averaged over the states of all other knobs"
        return "half way between its effect alone and its effect last" if self.knobs[0].halfway else "its effect last"


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
    by_bar = sorted(knobs, key=lambda each: -abs(math.log(each.bar.estimate)))
    return Reading(
        knobs=tuple(knobs),
        noise=_contribution(table, NOTHING),
        baseline_s=math.exp(float(table.logs.mean(axis=0) @ table.twice("none"))),
        total=_total(table),
        remainder=_remainder(table),
        interactions=_interactions(table, [knob.knob for knob in by_bar]),
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

    @property
    def everything(self) -> tuple[int, ...]:
        return tuple(range(len(self.arms)))

    def weights(self, by_arm: Mapping[str, float]) -> "Weights":
        """A contrast of arms by their names."""
        vector = np.zeros(len(self.arms))
        for arm, weight in by_arm.items():
            vector[self.arms.index(arm)] = weight
        return vector

    def twice(self, arm: str) -> "Weights":
        """The mean of the arm and its second process, where there is one."""
        processes = [name for name in (arm, f"{arm} again") if name in self.arms]
        return self.weights(dict.fromkeys(processes, 1 / len(processes)))

    def of_runs(self, weights: "Weights") -> "Weights":
        """A contrast of the fraction's runs, given in their order."""
        vector = np.zeros(len(self.arms))
        vector[list(self.families[Family.FRACTION])] = weights
        return vector

    def ratio(self, weights: "Weights", family: Sequence[int], *, of: int = 1) -> Interval:
        """The contrast as a ratio, one of `of` that hold together."""
        return blocks.contrast(self.logs, weights, family).interval((1 - CONFIDENCE) / of).exp()


def _contribution(table: _Table, knob: str) -> Contribution:
    # The pseudo knob is none of the family: it is there to be held against it.
    count, one_at_a_time = len(table.knobs), table.one_at_a_time
    weights, family = _bar(table, knob)
    bar = table.ratio(weights, family, of=count)
    last_weights = _last(table, knob)
    last = table.ratio(last_weights, table.families[Family.LAST], of=count)
    if not table.has_alone:
        return Contribution(knob, None, last, None, bar, None)
    alone_weights = _alone(table, knob)
    return Contribution(
        knob=knob,
        alone=table.ratio(alone_weights, table.families[Family.ALONE], of=count),
        last=last,
        halfway=table.ratio((alone_weights + last_weights) / 2, one_at_a_time, of=count),
        bar=bar,
        context=table.ratio(last_weights - alone_weights, one_at_a_time, of=count),
    )


def _alone(table: _Table, knob: str) -> "Weights":
    if knob == NOTHING:
        return table.weights({"none again": 1, "none": -1})
    return table.weights({f"only {knob}": 1}) - table.twice("none")


def _last(table: _Table, knob: str) -> "Weights":
    if knob == NOTHING:
        return table.weights({"all again": 1, "all": -1})
    return table.twice("all") - table.weights({f"all but {knob}": 1})


def _bar(table: _Table, knob: str) -> "tuple[Weights, tuple[int, ...]]":
    """The contrast that is the knob's share of the way, and the family whose noise it has."""
    if table.fraction is not None and knob != NOTHING:
        main = table.fraction.main(table.knobs.index(knob))
        return table.of_runs(main), table.families[Family.FRACTION]
    if table.has_alone:
        return (_alone(table, knob) + _last(table, knob)) / 2, table.one_at_a_time
    return _last(table, knob), table.families[Family.LAST]


def _total(table: _Table) -> Interval:
    weights = table.twice("all") - table.twice("none")
    # One slow arm among many quick ones would be given their noise: it then counts with its own kind alone.
    family = table.one_at_a_time if table.has_alone else tuple(int(arm) for arm in np.flatnonzero(weights))
    return table.ratio(weights, family)


def _remainder(table: _Table) -> Interval:
    weights = table.twice("all") - table.twice("none")
    for knob in table.knobs:
        weights = weights - _bar(table, knob)[0]
    return table.ratio(weights, table.everything)


def _interactions(table: _Table, strongest: Sequence[str]) -> tuple[Interaction, ...]:
    """`strongest` are the knobs, the one with the largest bar first."""
    if table.fraction is None:
        return ()

    def likeliest(pair: tuple[str, str]) -> int:
        return strongest.index(pair[0]) + strongest.index(pair[1])

    strings = table.fraction.strings()
    runs = table.families[Family.FRACTION]
    found = []
    for string in strings:
        pairs = [(table.knobs[first], table.knobs[second]) for first, second in string]
        weights = table.of_runs(table.fraction.interaction(string[0]))
        factor = table.ratio(weights, runs, of=len(strings))
        found.append(Interaction(tuple(sorted(pairs, key=likeliest)), factor))
    return tuple(sorted(found, key=lambda each: -abs(math.log(each.factor.estimate))))
