"""From the rounds of a calibration to its card: every trial is judged by the rules of `perflab compare`.

A round has a triple for A/A and one for each slowdown, as a comparison has them. Some rounds in a row are one trial of
every condition: the pairs of the comparison, then those that confirm a regression.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median, stdev
from typing import TYPE_CHECKING

from bench.judge.contest import COMPARISON, CONFIRMING_PAIRS, confirmed, look
from bench.judge.effects import effects
from bench.judge.session import session
from bench.model import MAIN, ArmRecord, ComparisonVerdict, ExperimentRecord, Role, Session, SlotRecord, Status
from bench.model.calibration import AA, Condition, Detection, MetricCard, Promise, Rate
from bench.stats import looks as schedules
from bench.stats import power, rivals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Latencies = Callable[[SlotRecord], NDArray[np.float64]]

METRICS = ("p50", "mean", "p95")
DELTAS = (0.02, 0.05)
ENOUGH = 0.95
"""Share of trials in which a slowdown has to be found to count as one that the machine can find."""


@dataclass(frozen=True, slots=True)
class Triple:
    """Slots at the same moment of the machine's weather, a candidate's beside two of the same service unslowed."""

    baseline: SlotRecord
    control: SlotRecord
    candidate: SlotRecord


@dataclass(frozen=True, slots=True)
class Round:
    """A triple of each condition, A/A among them."""

    triples: Mapping[Condition, Triple]
    arms: tuple[ArmRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """What one comparison would have said."""

    verdict: ComparisonVerdict
    ratio: float


def windows(rounds: Sequence[Round], pairs: int) -> list[Sequence[Round]]:
    """The trials: disjoint, in the order in which they were measured; an incomplete one at the end is left out."""
    length = pairs + CONFIRMING_PAIRS
    return [rounds[begin : begin + length] for begin in range(0, len(rounds) - length + 1, length)]


def trial(window: Sequence[Round], condition: Condition, metric: str, delta: float) -> Trial | None:
    """The verdict of the comparison that a window holds; None where its slots do not support the metric."""
    pairs = len(window) - CONFIRMING_PAIRS
    slots = paired(window, condition)
    fresh = slots[len(Role) * pairs :]
    looks = schedules.schedule(pairs)
    effect, verdict = None, None
    for each in looks:
        seen = slots[: len(Role) * each.pairs]
        found = effects(seen, looks=(each,))
        effect = next((e for e in found if (e.comparison, e.metric, e.scope) == (MAIN.label, metric, "all")), None)
        verdict = look(found, metric, delta)
        if effect is None or verdict is not None:
            break
    if effect is None:
        return None
    if verdict is ComparisonVerdict.REGRESSION:
        again = confirmed(fresh, metric, delta)
        if again is None or not again.confirmed:
            verdict = None
    return Trial(verdict or ComparisonVerdict.INCONCLUSIVE, effect.ratio)


def fit(window: Sequence[Round], condition: Condition) -> Session:
    """Whether the session of this trial would have been fit to measure, and why not."""
    pairs = len(window) - CONFIRMING_PAIRS
    record = ExperimentRecord(
        name=COMPARISON,
        question="",
        method="",
        status=Status.COMPLETE,
        reason="",
        arms=window[0].arms,
        looks=(),
        slots=tuple(paired(window[:pairs], condition)),
        effects=(),
    )
    return session({COMPARISON: record})


def paired(window: Sequence[Round], condition: Condition) -> list[SlotRecord]:
    """The slots of one condition as those of a comparison: triples of baseline, control and candidate."""
    return [
        replace(record, arm=str(role), slot=replace(record.slot, role=role, triple=number, block=number // 2))
        for number, triple in enumerate(each.triples[condition] for each in window)
        for role, record in (
            (Role.BASELINE, triple.baseline),
            (Role.CONTROL, triple.control),
            (Role.CANDIDATE, triple.candidate),
        )
    ]


def metric_card(trials: Sequence[Sequence[Round]], metric: str, median_s: float) -> MetricCard | None:
    """What the trials say of one metric; None where their slots do not support it."""
    triples = [each.triples[AA] for window in trials for each in window]
    if not triples or any(metric not in each.baseline.metrics for each in triples):
        return None
    value = median(each.baseline.metrics[metric] for each in triples)
    logs = [math.log(each.candidate.metrics[metric] / each.baseline.metrics[metric]) for each in triples]
    found = tuple(_detections(trials, metric, median_s / value))
    return MetricCard(metric, floor(found), stdev(logs), found)


def _detections(trials: Sequence[Sequence[Round]], metric: str, scale: float) -> Iterator[Detection]:
    for delta in DELTAS:
        for condition in trials[0][0].triples:
            judged = [
                found
                for window in trials
                if fit(window, condition).valid and (found := trial(window, condition, metric, delta)) is not None
            ]
            if not judged:
                continue
            wrong = {ComparisonVerdict.REGRESSION} | ({ComparisonVerdict.IMPROVEMENT} if condition == AA else set())
            said = rate(sum(each.verdict in wrong for each in judged), len(judged))
            measured = median(each.ratio for each in judged)
            yield Detection(condition, delta, condition.slowdown * scale, measured, said)


def floor(detections: Sequence[Detection]) -> float | None:
    """The smallest slowdown from which on every one, of both kinds, was found in 95 % of its trials at some delta."""
    best: dict[Condition, float] = {}
    sizes: dict[Condition, float] = {}
    for each in detections:
        if each.condition != AA:
            best[each.condition] = max(best.get(each.condition, 0.0), each.said.share)
            sizes[each.condition] = each.of_metric
    lowest = None
    for size in sorted(set(sizes.values()), reverse=True):
        if min(share for condition, share in best.items() if sizes[condition] == size) < ENOUGH:
            break
        lowest = size
    return lowest


def alarms(trials: Sequence[Sequence[Round]], latencies: "Latencies") -> dict[str, dict[str, Rate]]:
    """How often the rules of other tools raise an alarm on the requests of the same trials."""
    counts: dict[str, dict[str, list[bool]]] = {}
    for window in trials:
        main = window[: len(window) - CONFIRMING_PAIRS]
        for condition in window[0].triples:
            baseline = [latencies(each.triples[condition].baseline) for each in main]
            candidate = [latencies(each.triples[condition].candidate) for each in main]
            for name, rule in rivals.RULES.items():
                counts.setdefault(name, {}).setdefault(condition.label, []).append(rule(baseline, candidate))
    return {
        name: {label: rate(sum(said), len(said)) for label, said in by_label.items()}
        for name, by_label in counts.items()
    }


@dataclass(frozen=True, slots=True)
class Pair:
    """What a pair costs and what it is worth."""

    pair_s: float
    noise: float
    """Standard deviation of its log ratio."""


def promise(usual: Pair, slowdown: float, delta: float, *, budget_s: float, within: Pair | None = None) -> Promise:
    """What a budget would find, from the scatter of a pair alone; `within` are the pairs of that budget, if others."""
    fitted = within or usual
    pairs = 2 * int(budget_s / fitted.pair_s / 2 + 1e-9) - CONFIRMING_PAIRS
    distance = math.log1p(slowdown) - math.log1p(delta)
    needed = power.pairs_for(usual.noise, distance, alpha=schedules.LEVELS[3], chance=ENOUGH)
    return Promise(
        slowdown=slowdown,
        delta=delta,
        budget_s=budget_s,
        pairs=max(pairs, 0),
        chance=power.chance(fitted.noise, distance, n=pairs, alpha=schedules.level(schedules.schedule(pairs), pairs))
        if pairs >= schedules.FEWEST
        else 0.0,
        needed_s=None if needed is None else (needed + CONFIRMING_PAIRS) * usual.pair_s,
    )


def rate(hits: int, trials: int) -> Rate:
    """With the exact 95 % interval (Clopper and Pearson, Biometrika 26, 1934)."""
    from scipy.stats import binomtest

    found = binomtest(hits, trials).proportion_ci(0.95, method="exact")
    return Rate(hits, trials, (float(found.low), float(found.high)))
