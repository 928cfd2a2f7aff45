"""What the history keeps of a run, and what can be read from many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.model.record import Environment, Session

HISTORY_VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptEffect:
    """An effect over all requests, without its pairs."""

    experiment: str
    metric: str
    comparison: str
    ratio: float
    ci: tuple[float, float]
    n_pairs: int
    mde: float | None
    numerator: float
    denominator: float
    setting: str = ""
    """Corpus, workload and slots that it was measured with: another setting, another series."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One run: a line of `history.jsonl`."""

    history_version: int
    run_id: str
    spec: str
    started: str
    machine: str
    """Its fingerprint: series of two machines are never mixed."""
    environment: Environment
    """With the commit, and whether the work tree was clean."""
    session: Session
    effects: tuple[KeptEffect, ...]
    verdicts: Mapping[str, str]
    """Of the criteria, by id."""
    exit_code: int
    calibration: Mapping[str, float | None] | None
    """The floor of each metric as the machine was calibrated then; None where it was not."""
    comparison: Mapping[str, Any] | None = None
    """The answer of `perflab compare`, as it wrote it."""


@dataclass(frozen=True, slots=True)
class Point:
    """One run in a series."""

    run_id: str
    started: str
    commit: str | None
    dirty: bool | None
    value: float


@dataclass(frozen=True, slots=True)
class Change:
    """The level of a series changed between two neighbouring runs."""

    index: int
    """Of the first point of the new level."""
    last_before: Point
    first_after: Point
    before: float
    """Median of the level until then."""
    after: float

    @property
    def ratio(self) -> float:
        """The new level over the old one; above 1 is slower."""
        return self.after / self.before


@dataclass(frozen=True, slots=True)
class Series:
    """One figure of one machine, spec and setting, run after run."""

    machine: str
    spec: str
    experiment: str
    metric: str
    figure: str
    """`ratio`: candidate / baseline, free of what the machine did in its hour; `time_s`: the candidate's own time."""
    setting: str
    points: tuple[Point, ...]
    changes: tuple[Change, ...] = ()

    @property
    def name(self) -> str:
        """As it is called on the command line, such as `response_time.p50`."""
        return f"{self.experiment}.{self.metric}" + ("" if self.figure == "ratio" else f".{self.figure}")
