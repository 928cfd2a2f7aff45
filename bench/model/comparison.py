"""What a comparison of two arms leaves behind beside its experiments: the `comparison` of `run.json`."""

from dataclasses import dataclass, field

from bench.model.verdict import ComparisonVerdict


@dataclass(frozen=True, slots=True)
class Noise:
    """What the control, a second baseline, measured against the baseline (A/A): its ratio ought to be 1."""

    ratio: float
    ci: tuple[float, float]
    n_pairs: int


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What fresh pairs said of a regression: a second measurement with processes and requests of its own."""

    ratio: float
    n_pairs: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class OtherMetric:
    """A metric beside the one that decides; shown, never judged."""

    metric: str
    ratio: float
    ci: tuple[float, float]
    p_value: float
    """Of "no change", as it counts among all metrics beside the deciding one (Holm)."""
    differs: bool


@dataclass(frozen=True, slots=True)
class Count:
    """Something that one request costs, counted and not timed."""

    baseline: float
    candidate: float
    exact: bool
    """Whether both arms gave the same count when it was counted again: only then does a difference mean anything."""


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """The answer to "is this arm slower than that one?"; `ratio` is candidate / baseline."""

    verdict: ComparisonVerdict
    sentence: str
    metric: str
    ratio: float
    ci: tuple[float, float]
    confidence: float
    n_pairs: int
    mde: float | None
    delta: float
    """The smallest relative difference that matters; 0.05 is 5 %."""
    aa: Noise | None
    confirmation: Confirmation | None
    """None: no regression was seen that would have needed one, or the run ended before it."""
    others: tuple[OtherMetric, ...] = ()
    counters: dict[str, dict[str, Count]] = field(default_factory=dict)
    """Per request, by its name and by what was counted."""
    deciding_budget_s: float | None = None
    """The budget that would probably decide what is INCONCLUSIVE; None where none would, or nothing is open."""
