"""What the cache brings: by hit ratio, in one Redis and in a cluster, and when a server of it dies."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from bench.errors import TooFewPairs
from bench.model import ComparisonVerdict, Effect, ExperimentRecord
from bench.report import words
from bench.stats import break_even, outage, signed_rank
from bench.stats.interval import Interval

OFF = "off"
ALPHA = 0.05
DELTA = 0.03
"""The smallest difference that matters between one Redis and a cluster: that of every comparison."""
GROUPS = {"killed": "requests whose answers the dead node kept", "others": "all other requests", "all": "all requests"}
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """All slots of one level of hits."""

    level: float | str
    """The share of answers that was remembered, or `off`."""
    hit_ratio: float
    """As it was observed, on average."""
    mean_s: float
    """Typical mean time of a request, over the blocks."""
    p50_s: float | None
    relative: Interval | None
    """Mean time as a ratio to that without the cache; None with too few blocks for an interval, and of `off`."""
    ratio: float
    """The same without an interval."""
    p95_s: Interval | None
    blocks: int
    requests: int


def sentences(experiment: ExperimentRecord) -> Iterator[str]:
    """Hit ratios, where the cache begins to pay, commands, the cluster, the deaths; and what was not measured."""
    facts = experiment.facts
    yield from _ratios(facts)
    yield from _commands(facts)
    yield from _cluster(experiment)
    for arm, death in facts.get("deaths", {}).items():
        yield _death(arm, death)
    if "not_measured" in facts:
        yield str(facts["not_measured"])


def points(facts: Facts) -> list[Point]:
    """What the blocks that ran to their end say of each level, without the cache first, then by hit ratio."""
    blocks = _complete(facts)
    levels = sorted({level for block in blocks for level in block}, key=lambda each: (each != OFF, each))
    return [_point(level, blocks, facts["ratios"].get("p95", {}).get(str(level))) for level in levels]


def pays_from(facts: Facts) -> break_even.BreakEven | None:
    """Where the cache begins to pay; None where no block says."""
    return break_even.find(
        [
            break_even.Block(
                block[OFF]["mean"],
                tuple((row["hit_ratio"], row["mean"]) for level, row in block.items() if level != OFF),
            )
            for block in _complete(facts)
        ]
    )


def against_single(effect: Effect) -> ComparisonVerdict:
    """The cluster against one Redis: beyond what matters with its whole interval, within it, or neither."""
    low, high = effect.ci
    if low > 1 + DELTA:
        return ComparisonVerdict.REGRESSION
    if high < 1 / (1 + DELTA):
        return ComparisonVerdict.IMPROVEMENT
    inside = low >= 1 / (1 + DELTA) and high <= 1 + DELTA
    return ComparisonVerdict.EQUIVALENT if inside else ComparisonVerdict.INCONCLUSIVE


def _complete(facts: Facts) -> list[dict[float | str, Mapping[str, Any]]]:
    """The blocks in which every level and `off` has a mean time, by level."""
    ratios = facts.get("ratios", {})
    wanted = {OFF, *ratios.get("levels", ())}
    by_block: dict[int, dict[float | str, Mapping[str, Any]]] = {}
    for row in ratios.get("rows", ()):
        if "mean" in row:
            by_block.setdefault(row["block"], {})[row["level"]] = row
    return [block for block in by_block.values() if block.keys() == wanted]


def _point(
    level: float | str, blocks: Sequence[Mapping[float | str, Mapping[str, Any]]], p95: Mapping[str, float] | None
) -> Point:
    rows = [block[level] for block in blocks]
    logs = [math.log(block[level]["mean"] / block[OFF]["mean"]) for block in blocks]
    relative = None
    if level != OFF:
        try:
            relative = signed_rank.estimate(logs, alpha=ALPHA).exp()
        except TooFewPairs:
            relative = None
    return Point(
        level=level,
        hit_ratio=fmean(row["hit_ratio"] for row in rows),
        mean_s=median(row["mean"] for row in rows),
        p50_s=median(row["p50"] for row in rows) if all("p50" in row for row in rows) else None,
        relative=relative,
        ratio=relative.estimate if relative else math.exp(median(logs)),
        p95_s=Interval(**p95) if p95 else None,
        blocks=len(rows),
        requests=sum(row["n"] for row in rows),
    )


def _ratios(facts: Facts) -> Iterator[str]:
    found = points(facts)
    if not found:
        return
    off, *levels = found
    without = f"{words.seconds(off.mean_s)} on average{_quantiles(off)}"
    yield f"Without the cache a request takes {without}; with it, the same requests in {off.blocks} blocks:"
    yield from (f"{words.percent(point.hit_ratio)} hits: {_cost(point)}." for point in levels)
    failed = sum(row["failed"] + row["dropped"] for row in facts["ratios"]["rows"])
    if failed:
        yield f"While hit ratios were measured, {failed} requests failed or were not sent; their time counts nowhere."
    balance = pays_from(facts)
    if balance is not None:
        yield balanced(balance)


def _cost(point: Point) -> str:
    interval = ""
    if point.relative is not None:
        interval = f" ({words.change(point.relative.low)} to {words.change(point.relative.high)})"
    return f"{words.seconds(point.mean_s)} on average{_quantiles(point)}, {words.change(point.ratio)}{interval}"


def _quantiles(point: Point) -> str:
    """The median and p95, where there are enough requests for them."""
    told = [f"p50 {words.seconds(point.p50_s)}"] if point.p50_s else []
    if point.p95_s:
        told.append(f"p95 {words.seconds(point.p95_s.estimate)}")
    return f" ({', '.join(told)})" if told else ""


def balanced(found: break_even.BreakEven) -> str:
    """Where the cache begins to pay and how sure that is, in one sentence."""
    ends = (
        f"by the line through the points a request that never hits costs {_dearer(found.at_none)} than without the "
        f"cache, one that always hits {_dearer(found.at_all)}"
    )
    few = signed_rank.fewest(ALPHA)
    if found.blocks < few:
        begins = "no break-even between" if found.hit_ratio is None else f"about {words.percent(found.hit_ratio)}"
        return (
            f"Break-even hit ratio: {begins}, from {found.blocks} blocks, too few for an interval ({few} are needed); "
            f"{ends}."
        )
    if found.low is not None and found.high is not None:
        at = "outside what a hit ratio can be" if found.hit_ratio is None else words.percent(found.hit_ratio)
        low = "0 % or less" if found.low == 0 else words.percent(found.low)
        high = "100 % or more" if found.high == 1 else words.percent(found.high)
        return f"Break-even hit ratio: {at} (95 % interval: {low} to {high}; {found.blocks} blocks); {ends}."
    told = "saves time at any hit ratio" if max(found.at_none, found.at_all) < 0 else "costs time at any hit ratio"
    return f"The cache {told}, so there is no break-even ({found.blocks} blocks); {ends}."


def _dearer(share: float) -> str:
    return f"{words.percent(abs(share))} {'more' if share >= 0 else 'less'}"


def _commands(facts: Facts) -> Iterator[str]:
    for arm, counted in facts.get("commands", {}).items():
        missed, remembered = (_listed(counted[kind]) for kind in ("missed", "remembered"))
        where = "One Redis" if arm == "single" else "The cluster"
        yield f"{where} is sent, per request, {missed} when its answer is not remembered and {remembered} when it is."


def _listed(commands: Mapping[str, float]) -> str:
    return " and ".join(f"{calls:.3g} {name.upper()}" for name, calls in commands.items()) or "nothing"


def _cluster(experiment: ExperimentRecord) -> Iterator[str]:
    found = {metric: words.main_effect(experiment.effects, metric) for metric in ("p50", "mean")}
    for metric, effect in found.items():
        if effect is not None:
            yield f"A cluster against one Redis, {metric}: {_verdict(effect)}; {words.effect(effect)}."
    if not any(found.values()) and experiment.slots:
        pairs = len({slot.slot.triple for slot in experiment.slots})
        yield f"A cluster against one Redis: undecided, {pairs} pairs are too few for an interval."


def _verdict(effect: Effect) -> str:
    verdict = against_single(effect)
    meant = {
        ComparisonVerdict.REGRESSION: f"slower by more than the {DELTA:.0%} that matter",
        ComparisonVerdict.IMPROVEMENT: f"faster by more than the {DELTA:.0%} that matter",
        ComparisonVerdict.EQUIVALENT: f"no difference of more than {DELTA:.0%}",
        ComparisonVerdict.INCONCLUSIVE: "undecided",
    }
    return f"{verdict}, {meant[verdict]}"


def _death(arm: str, death: Facts) -> str:
    groups = death["groups"]
    after = [outage.failed(phases, outage.OPENING, outage.AFTER) for phases in groups.values()]
    failed, asked = sum(one for one, _ in after), sum(several for _, several in after)
    before = sum(outage.failed(phases, outage.BEFORE)[0] for phases in groups.values())
    who = "A node of the cluster" if arm == "cluster" else "The one Redis"
    told = [f"{who} was killed under load: {_failures(failed, asked, death)}"]
    if before:
        told.append(f"{before} requests had failed before, too")
    if death["dropped"]:
        told.append(f"{death['dropped']} requests could not even be sent")
    told.append(_opened(death))
    told += [f"{GROUPS[name]}: {_phases(phases)}" for name, phases in groups.items()]
    return f"{'; '.join(told)}. One death, so these figures have no interval."


def _failures(failed: int, asked: int, death: Facts) -> str:
    if not asked:
        return "no request was sent afterwards, so nothing is known of errors"
    if failed:
        return f"{failed} of {asked} requests failed afterwards ({'; '.join(death['reasons'])})"
    # One-sided, exact: with a larger share no failure in so many requests would be seen in fewer than 5 % of cases.
    most = 1 - ALPHA ** (1 / asked)
    return f"none of {asked} requests failed afterwards (95 % confidence: fewer than {words.percent(most)} do)"


def _opened(death: Facts) -> str:
    opening = death["opening"]
    if opening is None:
        return "its circuit was not seen to open before the load ended"
    low, high = (max(opening[moment] - death["died_s"], 0.0) for moment in ("after_s", "by_s"))
    return (
        f"its circuit opened {words.seconds(low)} to {words.seconds(high)} after the death, when {opening['tried']} "
        f"requests had tried in vain (openings by the service's metrics until the end: {death['openings']})"
    )


def _phases(phases: Mapping[str, Mapping[str, float | None]]) -> str:
    named = {outage.BEFORE: "before", outage.OPENING: "until the circuit opened", outage.AFTER: "after that"}
    return ", ".join(f"{named[phase]} {_figures(phases[phase])}" for phase in outage.PHASES if phases[phase]["n"])


def _figures(one: Mapping[str, float | None]) -> str:
    mean, hits, longest = one.get("mean"), one["hit_ratio"], one["longest"]
    if mean is None or hits is None or longest is None:
        return "no answer"
    return f"{words.seconds(mean)} on average with {words.percent(hits)} hits, longest {words.seconds(longest)}"
