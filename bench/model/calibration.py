"""What a machine can tell: the calibration card."""

from dataclasses import dataclass, field
from typing import Literal

Injected = Literal["none", "cpu", "wait"]
"""As work of the processor, or as waiting; `none` is A/A."""

OURS = "perflab"


@dataclass(frozen=True, slots=True)
class Condition:
    """One slowdown that was to be found."""

    injected: Injected
    slowdown: float
    """Of the baseline's median latency: 0.05 is 5 %."""

    @property
    def label(self) -> str:
        """As it is shown."""
        return "A/A" if self.injected == "none" else f"{self.slowdown:.0%} {self.injected}"


AA = Condition("none", 0.0)


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of some trials did something, with the interval of Clopper and Pearson."""

    hits: int
    trials: int
    ci: tuple[float, float]

    @property
    def share(self) -> float:
        """Of the trials."""
        return self.hits / self.trials


@dataclass(frozen=True, slots=True)
class Detection:
    """How often one slowdown was said to be a regression."""

    condition: Condition
    delta: float
    """The smallest difference that matters, as the trials were judged."""
    of_metric: float
    """The injected time over the baseline's own value of the metric: what the ratio should be, less one."""
    ratio: float
    """Median of the ratios that the trials measured."""
    said: Rate
    """REGRESSION; in an A/A trial IMPROVEMENT, too: either is a false alarm."""


@dataclass(frozen=True, slots=True)
class MetricCard:
    """One metric on this machine."""

    metric: str
    floor: float | None
    """The smallest slowdown found in at least 95 % of its trials; None where none was."""
    noise: float
    """Standard deviation of a pair's log ratio without a slowdown."""
    detections: tuple[Detection, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """Whether one slowdown can be found in a given time, foretold from the noise alone."""

    slowdown: float
    delta: float
    budget_s: float
    pairs: int
    chance: float
    needed_s: float | None
    """Time that finds it in 95 % of trials; None where more than 10,000 pairs would not do."""


@dataclass(frozen=True, slots=True)
class Card:
    """The calibration card of a machine."""

    schema_version: int
    machine: str
    made: str
    commit: str
    seed: int
    repeats: int
    pairs: int
    """Of each trial."""
    slot_s: float
    turn_s: float
    """0: one slot after the other."""
    pair_s: float
    """What a pair takes in `perflab compare`."""
    rate: float
    median_s: float
    """The baseline's median latency, of which the slowdowns are shares."""
    unfit: int
    """Trials whose session was not fit to measure; they are in no rate."""
    metrics: dict[str, MetricCard]
    rivals: dict[str, dict[str, Rate]] = field(default_factory=dict)
    """By rule and condition: how often it raised an alarm on the same requests."""
    promises: tuple[Promise, ...] = ()
