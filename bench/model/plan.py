"""What will be measured, in which order: decided before the first request, from a seed."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an arm stands for in one experiment."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"
    CONTROL = "control"
    """A second process of the baseline: whatever differs between the two is noise (A/A)."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two roles whose neighbouring slots form pairs; the ratio is `numerator / denominator`."""

    numerator: Role
    denominator: Role

    @property
    def label(self) -> str:
        """The comparison as it is written in run.json, such as `candidate/baseline`."""
        return f"{self.numerator}/{self.denominator}"


MAIN = Comparison(Role.CANDIDATE, Role.BASELINE)
CONTROL = Comparison(Role.CONTROL, Role.BASELINE)


@dataclass(frozen=True, slots=True)
class Slot:
    """A few seconds of load on one arm.

    `triple` numbers the pair that the slot belongs to: the three neighbouring slots (candidate,
    baseline, control, baseline always in the middle) of one triple give one MAIN pair and one CONTROL
    pair. They share `seed`, so that all three arms answer the same requests at the same moments.
    """

    index: int
    block: int
    triple: int
    role: Role
    seed: int
    duration_s: float
    discard_s: float
    """Observations whose intended start lies in the first `discard_s` seconds are kept but not judged."""
    turn_s: float = 0.0
    """Above 0: the slots of the triple run together, the arms take turns of this length (`bench.arrivals.in_turns`).
    Then `duration_s` is what each arm is loaded for, and `discard_s` counts from the start of all three."""


@dataclass(frozen=True, slots=True)
class Look:
    """A moment at which the experiment may stop: after `pairs` pairs, judged at level `1 - alpha`."""

    pairs: int
    alpha: float


@dataclass(frozen=True, slots=True)
class Plan:
    """All slots of one experiment in the order in which they run, and the looks at them."""

    experiment: str
    seed: int
    slots: tuple[Slot, ...]
    looks: tuple[Look, ...]
    confidence: float
    """Coverage that the looks keep together (0.95)."""
