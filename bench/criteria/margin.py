"""The one rule for all claims: the whole interval against the threshold.

"Improved by 20 %" is a margin: an interval that merely excludes no change proves an improvement, not one of
20 %. So PASS needs the whole interval on the good side and FAIL the whole of it on the bad side; what
straddles the threshold is INCONCLUSIVE, whatever the estimate says.
"""

import math

from bench.criteria.reading import Reading
from bench.criteria.words import distance, shown
from bench.model import Claim, Direction, Verdict
from bench.stats import power


def verdict(claim: Claim, reading: Reading) -> tuple[Verdict, str]:
    """Judge a reading; the reason is empty for PASS, else one that says by how much, or what would decide."""
    if _good(claim, reading.low) and _good(claim, reading.high):
        return Verdict.PASS, ""
    if not _good(claim, reading.low) and not _good(claim, reading.high):
        return Verdict.FAIL, _shortfall(claim, reading)
    return Verdict.INCONCLUSIVE, _undecided(claim, reading)


def _good(claim: Claim, value: float) -> bool:
    if value == claim.threshold:
        return claim.inclusive
    return value > claim.threshold if claim.direction is Direction.ABOVE else value < claim.threshold


def _shortfall(claim: Claim, reading: Reading) -> str:
    above = claim.direction is Direction.ABOVE
    nearest = reading.high if above else reading.low
    gap = distance(abs(claim.threshold - nearest), claim.unit)
    side = "short of" if above else "beyond"
    if reading.low == reading.high:
        return f"{shown(reading.value, claim.unit)} is {side} {shown(claim.threshold, claim.unit)} by {gap}."
    return (
        f"{shown(reading.value, claim.unit)}, "
        f"interval {shown(reading.low, claim.unit)} to {shown(reading.high, claim.unit)}: "
        f"{side} {shown(claim.threshold, claim.unit)} by {gap} at least."
    )


def _undecided(claim: Claim, reading: Reading) -> str:
    straddles = (
        f"The interval {shown(reading.low, claim.unit)} to {shown(reading.high, claim.unit)} "
        f"holds the threshold {shown(claim.threshold, claim.unit)}"
    )
    if not reading.log_scale or reading.mde is None:
        return f"{straddles}; more observations would narrow it ({reading.n} so far)."
    pairs = power.pairs_needed(n=reading.n, mde=reading.mde, distance=_log_distance(claim, reading))
    if pairs is None:
        estimate = shown(reading.value, claim.unit)
        return f"{straddles}, and the estimate {estimate} is so close to it that no budget would decide."
    return f"{straddles}; about {pairs} pairs would probably decide, this run had {reading.n}: give a larger --budget."


def _log_distance(claim: Claim, reading: Reading) -> float:
    """How far the estimate lies from the threshold on the log scale of its ratio."""
    if claim.unit == "ratio":
        estimate, threshold = reading.value, claim.threshold
    else:
        # A fraction is 1 - ratio.
        estimate, threshold = 1 - reading.value, 1 - claim.threshold
    return abs(math.log(estimate / threshold)) if estimate > 0 and threshold > 0 else 0.0
