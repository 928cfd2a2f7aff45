"""From the records of a comparison to its verdict: pure, so that a stored one can be judged again.

A comparison is an experiment `comparison`, and where that saw a regression an experiment `confirmation` of a few
fresh pairs. The facts of the first say what was asked: `metric`, `delta`, `counters`.
"""

import math
from collections.abc import Mapping, Sequence

from bench.judge import counts
from bench.judge.comparison import ComparisonResult, compare
from bench.judge.effects import ALL, METRICS, log_ratios
from bench.model import (
    CONTROL,
    MAIN,
    ComparisonRecord,
    ComparisonVerdict,
    Confirmation,
    Effect,
    ExperimentRecord,
    Noise,
    OtherMetric,
    Session,
    SlotRecord,
    Status,
)
from bench.stats import holm, power, signed_rank
from bench.stats.looks import level

COMPARISON = "comparison"
CONFIRMATION = "confirmation"
CONFIRMING_PAIRS = 4
"""Two blocks. They need no interval of their own: their estimate has to lie beyond delta as well, which a passing
disturbance of the first measurement does not repeat, and what is really slower does."""
DECIDED = frozenset({ComparisonVerdict.IMPROVEMENT, ComparisonVerdict.REGRESSION, ComparisonVerdict.EQUIVALENT})


def deciding(effects: Sequence[Effect], metric: str) -> Effect | None:
    """The effect that the verdict rests on; None where too few pairs, or slots with too few requests, support it."""
    return _effect(effects, MAIN.label, metric)


def look(effects: Sequence[Effect], metric: str, delta: float) -> ComparisonVerdict | None:
    """The verdict that a comparison may stop at; None where it has to go on."""
    effect = deciding(effects, metric)
    verdict = None if effect is None else compare(effect, delta).verdict
    return verdict if verdict in DECIDED else None


def comparison(experiments: Mapping[str, ExperimentRecord], session: Session) -> ComparisonRecord | None:
    """Judge a comparison; None where it was not completed, or where its pairs support no answer at all."""
    main = experiments.get(COMPARISON)
    if main is None or any(each.status is not Status.COMPLETE for each in experiments.values()):
        return None
    effect = deciding(main.effects, main.facts["metric"])
    if effect is None:
        return None
    delta = float(main.facts["delta"])
    fresh = experiments.get(CONFIRMATION)
    confirmation = None if fresh is None else confirmed(fresh.slots, effect.metric, delta)
    result = _confirmed(compare(effect, delta, session), confirmation)
    counted = main.facts.get("counters", {})
    return ComparisonRecord(
        verdict=result.verdict,
        sentence=result.sentence,
        metric=effect.metric,
        ratio=effect.ratio,
        ci=effect.ci,
        confidence=effect.confidence,
        n_pairs=effect.n_pairs,
        mde=effect.mde,
        delta=delta,
        aa=_noise(main.effects, effect.metric),
        confirmation=confirmation,
        others=_others(main, effect),
        counters=counts.held(counted.get("baseline", {}), counted.get("candidate", {})),
        deciding_budget_s=_budget_s(main, effect, delta) if result.verdict is ComparisonVerdict.INCONCLUSIVE else None,
    )


def confirmed(slots: Sequence[SlotRecord], metric: str, delta: float) -> Confirmation | None:
    """What fresh pairs say of a regression; None where none of them is complete."""
    logs = log_ratios(slots, MAIN, metric)
    if not logs:
        return None
    centre = signed_rank.centre(logs)
    enough = len(logs) >= CONFIRMING_PAIRS
    return Confirmation(math.exp(centre), len(logs), confirmed=enough and centre > math.log1p(delta))


def _confirmed(result: ComparisonResult, confirmation: Confirmation | None) -> ComparisonResult:
    """A regression is said only when fresh pairs said it too."""
    if result.verdict is not ComparisonVerdict.REGRESSION:
        return result
    if confirmation is None:
        return ComparisonResult(
            ComparisonVerdict.INCONCLUSIVE,
            f"{result.sentence} It was not confirmed: the run ended before fresh pairs were measured; measure again.",
        )
    seen = f"{confirmation.n_pairs} fresh pairs measured a ratio of {confirmation.ratio:.3f}"
    if confirmation.confirmed:
        return ComparisonResult(result.verdict, f"{result.sentence} Confirmed: {seen}.")
    return ComparisonResult(
        ComparisonVerdict.INCONCLUSIVE,
        f"{result.sentence} But that was not confirmed: {seen}. Something passed by; measure again with a larger "
        "--budget, or when the machine is quieter.",
    )


def _noise(effects: Sequence[Effect], metric: str) -> Noise | None:
    effect = _effect(effects, CONTROL.label, metric)
    return None if effect is None else Noise(effect.ratio, effect.ci, effect.n_pairs)


def _others(main: ExperimentRecord, first: Effect) -> tuple[OtherMetric, ...]:
    beside = [
        effect
        for metric in METRICS
        if metric != first.metric and (effect := _effect(main.effects, MAIN.label, metric)) is not None
    ]
    adjusted = holm.adjusted([signed_rank.p_value([math.log(ratio) for ratio in effect.pairs]) for effect in beside])
    alpha = level(main.looks, first.n_pairs)
    return tuple(
        OtherMetric(effect.metric, effect.ratio, effect.ci, p_value, differs=p_value < alpha)
        for effect, p_value in zip(beside, adjusted, strict=True)
    )


def _budget_s(main: ExperimentRecord, effect: Effect, delta: float) -> float | None:
    """Pairs that would probably decide, and those that would confirm, at what a pair of this run took."""
    distance = abs(abs(math.log(effect.ratio)) - math.log1p(delta))
    pairs = power.pairs_needed(n=effect.n_pairs, mde=effect.mde or 0.0, distance=distance)
    return None if pairs is None else (pairs + CONFIRMING_PAIRS) * float(main.facts["pair_s"])


def _effect(effects: Sequence[Effect], label: str, metric: str) -> Effect | None:
    wanted = (label, metric, ALL)
    return next((each for each in effects if (each.comparison, each.metric, each.scope) == wanted), None)
