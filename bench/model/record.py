"""What a run leaves behind: the contents of `run.json`.

Schema history (raise SCHEMA_VERSION and describe the change here):
1  first version; since then `comparison` may be there, and is null in runs that have none
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bench.model.comparison import ComparisonRecord
from bench.model.plan import Look, Role, Slot
from bench.model.verdict import Direction, Verdict

SCHEMA_VERSION = 1


class Status(StrEnum):
    """How an experiment ended."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    """Interrupted half-way: what was measured is kept, judged, and said to be partial."""
    FAILED = "failed"
    """It broke, or ended before anything was measured: what there is is kept, and judged by nobody."""


@dataclass(frozen=True, slots=True)
class SlotHealth:
    """What disturbed the machine while one slot ran. None: this system does not tell."""

    steal: float | None = None
    """Share of all CPU time that the hypervisor gave to others."""
    throttled_s: float | None = None
    """Seconds for which the cgroup's CPU quota held this session back."""
    neighbour_cores: float | None = None
    """Cores kept busy by processes that are not the lab's."""


@dataclass(frozen=True, slots=True)
class SlotRecord:
    """One slot, summarised over the observations after `slot.discard_s`."""

    slot: Slot
    arm: str
    started: str
    """UTC, ISO 8601."""
    n: int
    errors: int
    dropped: int
    """Arrivals that the generator could not start because its pool of users was exhausted."""
    offered_rate: float | None
    """Arrivals per second that the schedule asked for; None for closed-model slots."""
    metrics: dict[str, float]
    """Seconds by name: `p50`, `p95`, `p99`, `mean` of the latency from the intended start."""
    by_name: dict[str, dict[str, float]]
    """The same per request or query name, with `n`."""
    parts: dict[str, float]
    """Mean seconds per request by part (`queue`, `pool`, `db`, `cache`, `vector`, `app`, `encode`) and `lag`."""
    lag_p50_s: float
    lag_p99_s: float
    generator_cores: float
    """Cores that the load generator itself kept busy."""
    health: SlotHealth
    samples: str
    """The slot's Parquet file, relative to the run folder."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A ratio of one metric between two roles with its interval."""

    metric: str
    """`p50`, `p95`, `p99`, `mean`, or `spread` (p99 / p50)."""
    scope: str
    """`all`, or the request or query name that it is restricted to."""
    comparison: str
    """`candidate/baseline` or `control/baseline`."""
    ratio: float
    ci: tuple[float, float]
    confidence: float
    n_pairs: int
    mde: float | None
    """Smallest relative change that this many pairs of this scatter find with 80 % power; 0.03 is 3 %."""
    numerator: float
    """Typical value in the numerator role, in seconds (`spread`: a plain ratio)."""
    denominator: float
    unit: str = "ratio"
    adjusted: str = ""
    """How the interval was widened for being one of several, such as `Bonferroni over 5`."""
    pairs: tuple[float, ...] = ()
    """The ratio of each pair in the order of the pairs; empty where the effect is not made of pairs."""


@dataclass(frozen=True, slots=True)
class ArmRecord:
    """An arm as it proved itself to be."""

    role: Role
    name: str
    command: str
    knobs: dict[str, str]
    config_hash: str
    database: str = ""
    """Fingerprint of the database state that the arm ran on."""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in the run folder with the words that replace it."""

    path: str
    title: str
    alt: str
    """States the finding, for those who cannot see the figure."""
    caption: str


@dataclass(frozen=True, slots=True)
class ExperimentRecord:
    """Everything that one experiment measured and found."""

    name: str
    question: str
    method: str
    status: Status
    reason: str
    """Why it is not complete; empty when it is."""
    arms: tuple[ArmRecord, ...]
    looks: tuple[Look, ...]
    slots: tuple[SlotRecord, ...]
    effects: tuple[Effect, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    """What only this experiment knows: offered rate, capacity, EXPLAIN comparisons."""
    figures: tuple[Figure, ...] = ()
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One line of the scorecard."""

    id: str
    claim: str
    origin: str
    measured: float | None
    ci: tuple[float, float] | None
    confidence: float
    unit: str
    threshold: float
    direction: Direction
    n: int
    mde: float | None
    verdict: Verdict
    reason: str
    evidence: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class Services:
    """The servers that the run used."""

    kind: str
    postgres: str
    redis: str
    reason: str = ""
    """Why `auto` chose this kind."""


@dataclass(frozen=True, slots=True)
class Session:
    """Whether the machine was fit to measure."""

    valid: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """The machine and the software that measured."""

    host: str
    os: str
    kernel: str
    machine: str
    cpu: str
    cores: int
    memory_bytes: int
    governor: str | None
    virtualisation: str | None
    python: str
    commit: str | None
    dirty: bool | None
    """Whether the work tree had uncommitted changes."""
    packages: dict[str, str] = field(default_factory=dict)
    load_average: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """`run.json`."""

    schema_version: int
    run_id: str
    spec: str
    seed: int
    started: str
    duration_s: float
    services: Services
    environment: Environment
    session: Session
    experiments: dict[str, ExperimentRecord]
    criteria: tuple[CriterionResult, ...]
    exit_code: int
    comparison: ComparisonRecord | None = None
    """The verdict on two arms, where the run is a comparison."""
