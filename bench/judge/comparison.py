"""An effect against the smallest difference that matters: five verdicts, and a sentence for each."""

import math
from dataclasses import dataclass

from bench.model import ComparisonVerdict, Effect, Session
from bench.stats import power


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """A verdict with the sentence that explains it."""

    verdict: ComparisonVerdict
    sentence: str


def compare(effect: Effect, delta: float, session: Session | None = None) -> ComparisonResult:
    """Judge a ratio of times (more is slower) against `delta`, such as 0.03 for 3 %.

    The band of no matter is `[1 / (1 + delta), 1 + delta]`: symmetric for ratios, so that swapping the arms
    swaps the verdict. REGRESSION and IMPROVEMENT: the whole interval lies beyond it; EQUIVALENT: inside;
    INCONCLUSIVE: it straddles an edge; INVALID: the session was not fit to measure, whatever the numbers.
    """
    if session is not None and not session.valid:
        return ComparisonResult(
            ComparisonVerdict.INVALID, f"The session was not fit to measure: {' '.join(session.reasons)}"
        )
    edge = 1 + delta
    low, high = effect.ci
    measured = f"{effect.metric} {_change(effect.ratio)}, interval {low - 1:+.1%} to {high - 1:+.1%}"
    if low > edge:
        return ComparisonResult(
            ComparisonVerdict.REGRESSION, f"{measured}: slower by more than the {delta:.1%} that matter."
        )
    if high < 1 / edge:
        return ComparisonResult(
            ComparisonVerdict.IMPROVEMENT, f"{measured}: faster by more than the {delta:.1%} that matter."
        )
    if 1 / edge <= low and high <= edge:
        return ComparisonResult(ComparisonVerdict.EQUIVALENT, f"{measured}: no difference of more than {delta:.1%}.")
    return ComparisonResult(
        ComparisonVerdict.INCONCLUSIVE, f"{measured}: {_side(low, high)}. {_remedy(effect, math.log(edge))}"
    )


def _change(ratio: float) -> str:
    return f"{abs(ratio - 1):.1%} {'higher' if ratio >= 1 else 'lower'}"


def _side(low: float, high: float) -> str:
    if low > 1:
        return "slower, but perhaps by less than matters"
    if high < 1:
        return "faster, but perhaps by less than matters"
    return "the interval holds no change as well as a change that matters"


def _remedy(effect: Effect, edge: float) -> str:
    if effect.mde is None:
        return "Both revisions measured side by side (`perflab compare`) tell smaller changes."
    distance = abs(abs(math.log(effect.ratio)) - edge)
    pairs = power.pairs_needed(n=effect.n_pairs, mde=effect.mde, distance=distance)
    if pairs is None:
        return "The change is so close to what matters that no budget would decide."
    return f"About {pairs} pairs would probably decide; this run had {effect.n_pairs}."
