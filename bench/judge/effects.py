"""From slots to effects: the ratio of a metric between two arms with its interval.

Per slot the metric, per pair ln(numerator / denominator), over the pairs the Hodges-Lehmann estimate with
the exact signed-rank interval. Never anything over single requests: those of one slot share its weather.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING

from bench.errors import TooFewPairs
from bench.judge.pairs import Triple, comparisons, triples
from bench.model import MAIN, Comparison, Effect, Look, SlotRecord
from bench.stats import looks as schedules
from bench.stats import power, signed_rank, spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METRICS = ("p50", "p95", "p99", "mean")
"""In the order of importance: the first is what most criteria decide by."""
ALL = "all"
SPREAD = "spread"


def effects(
    slots: Sequence[SlotRecord], *, looks: Sequence[Look], confidence: float = schedules.CONFIDENCE
) -> tuple[Effect, ...]:
    """Every effect that the complete triples support: none while there are too few pairs.

    First the main comparison over all requests, then per request name with Bonferroni-widened intervals (the
    names of one metric are the family), then control against baseline. A metric counts where every slot has
    enough observations for it. `looks` are the plan's: they set the level (see `stats.looks.level`);
    without, the level is 0.05. `confidence` is what the whole procedure keeps.
    """
    found = triples(slots)
    alpha = schedules.level(looks, len(found))
    answered: list[Effect | None] = []
    for comparison in comparisons(found):
        answered += [_effect(found, comparison, metric, ALL, alpha, confidence) for metric in METRICS]
        if comparison == MAIN:
            answered += _by_name(found, alpha, confidence)
    return tuple(effect for effect in answered if effect is not None)


def spread_effects(
    slots: Sequence[SlotRecord],
    latencies: "Callable[[SlotRecord], NDArray[np.float64]]",
    *,
    looks: Sequence[Look],
    confidence: float = schedules.CONFIDENCE,
) -> tuple[Effect, ...]:
    """The ratio of p99 / p50 for each comparison; empty with too few pairs or requests for a p99.

    `latencies` answers the judged latencies of a slot in seconds.
    """
    found = triples(slots)
    if len(found) < spread.FEWEST_PAIRS:
        return ()
    alpha = schedules.level(looks, len(found))
    pooled = {role: [latencies(triple[role]) for triple in found] for role in found[0]}
    answered = []
    for comparison in comparisons(found):
        result = spread.compare(pooled[comparison.numerator], pooled[comparison.denominator], alpha=alpha)
        if isinstance(result, spread.Unsupported):
            continue
        answered.append(
            Effect(
                metric=SPREAD,
                scope=ALL,
                comparison=comparison.label,
                ratio=result.ratio.estimate,
                ci=(result.ratio.low, result.ratio.high),
                confidence=confidence,
                n_pairs=len(found),
                mde=power.mde_of_error(result.log_error, n=len(found), alpha=alpha),
                numerator=result.numerator,
                denominator=result.denominator,
            )
        )
    return tuple(answered)


def log_ratios(slots: Sequence[SlotRecord], comparison: Comparison, metric: str) -> list[float]:
    """ln(numerator / denominator) of each complete pair over all requests; empty where a slot lacks the metric."""
    found = triples(slots)
    if comparison not in comparisons(found):
        return []
    return [math.log(over / under) for over, under in _pairs(found, comparison, metric, ALL)]


def _by_name(found: Sequence[Triple], alpha: float, confidence: float) -> Iterator[Effect | None]:
    names = sorted({name for triple in found for record in triple.values() for name in record.by_name})
    if len(names) == 1:  # One name alone is what `all` already says.
        return
    for metric in METRICS:
        supported = [name for name in names if _pairs(found, MAIN, metric, name)]
        widened = f"Bonferroni over {len(supported)}" if len(supported) > 1 else ""
        for name in supported:
            yield _effect(found, MAIN, metric, name, alpha / len(supported), confidence, widened)


def _effect(
    found: Sequence[Triple],
    comparison: Comparison,
    metric: str,
    scope: str,
    alpha: float,
    confidence: float,
    adjusted: str = "",
) -> Effect | None:
    pairs = _pairs(found, comparison, metric, scope)
    logs = [math.log(over / under) for over, under in pairs]
    try:
        interval = signed_rank.estimate(logs, alpha=alpha).exp()
    except TooFewPairs:
        return None
    return Effect(
        metric=metric,
        scope=scope,
        comparison=comparison.label,
        ratio=interval.estimate,
        ci=(interval.low, interval.high),
        confidence=confidence,
        n_pairs=len(pairs),
        mde=power.mde(logs, alpha=alpha),
        numerator=median(over for over, _ in pairs),
        denominator=median(under for _, under in pairs),
        adjusted=adjusted,
        pairs=tuple(math.exp(value) for value in logs),
    )


def _pairs(found: Sequence[Triple], comparison: Comparison, metric: str, scope: str) -> list[tuple[float, float]]:
    """The metric of each pair; empty unless every slot of both roles has it."""
    values = [
        (_value(triple[comparison.numerator], metric, scope), _value(triple[comparison.denominator], metric, scope))
        for triple in found
    ]
    return values if all(min(pair) > 0 for pair in values) else []


def _value(record: SlotRecord, metric: str, scope: str) -> float:
    """Seconds; 0 where the slot does not support the metric: no request takes no time."""
    metrics = record.metrics if scope == ALL else record.by_name.get(scope, {})
    value = metrics.get(metric, 0.0)
    return value if math.isfinite(value) else 0.0
