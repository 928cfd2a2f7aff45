"""What can be said in the end."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The verdict of a criterion."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_MEASURED = "NOT_MEASURED"


class ComparisonVerdict(StrEnum):
    """The verdict of a comparison against the smallest difference that matters."""

    IMPROVEMENT = "IMPROVEMENT"
    REGRESSION = "REGRESSION"
    EQUIVALENT = "EQUIVALENT"
    INCONCLUSIVE = "INCONCLUSIVE"
    INVALID = "INVALID"


class Direction(StrEnum):
    """On which side of its threshold a criterion's measured value is good."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a criterion claims, before anything is measured."""

    id: str
    claim: str
    origin: str
    unit: str
    threshold: float
    direction: Direction
    required: bool = True
    inclusive: bool = False
    """Whether the threshold itself is on the good side (`ratio <= 1`, `0 duplicates`, `100 %`)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of a check: may this run be believed?"""

    check: str
    ok: bool
    reason: str
    """One sentence with the observed value, the bound and the remedy; empty when all is well."""
