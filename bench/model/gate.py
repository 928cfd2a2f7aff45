"""What a gate asks, and what it answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bench.model.record import Session
from bench.model.verdict import Verdict

DELTA = 0.03
"""The smallest difference that matters where a policy names none."""
METRICS = ("p50", "p95", "p99", "mean")
"""What may be judged. A minimum or a maximum is one single value: no interval can be had of it."""


COUNTS = ("queries", "buffers", "rows", "temp_blocks", "wal_bytes", "redis_commands", "bytes")
"""What one request costs, counted and held against before exactly."""


class OnInconclusive(StrEnum):
    """What becomes of a check that the measurement could not decide."""

    FAIL = "fail"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    EXIT_3 = "exit 3"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which benchmarks of pytest-benchmark may become how much slower, such as `group:encoding p95>5%`."""

    field: str
    """`group`, `name`, `fullname`, or empty for all."""
    pattern: str
    metric: str
    delta: float

    def __str__(self) -> str:
        where = f"{self.field}:{self.pattern} " if self.field else ""
        return f"{where}{self.metric}>{self.delta:.3g}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a gate insists on; the defaults are those of a spec without `[gate]`."""

    criteria: tuple[str, ...] | None = None
    """Ids; None: all that the run was judged by."""
    comparisons: tuple[str, ...] = ()
    """Experiments whose candidate may not be slower than their baseline."""
    inconclusive: OnInconclusive = OnInconclusive.EXIT_3
    delta: Mapping[str, float] = field(default_factory=dict)
    """The smallest difference that matters by metric; its keys are the metrics that are judged."""
    may_rise: tuple[str, ...] = ()
    """Counts that may be higher than before, of COUNTS; any other that rises fails."""
    fail: tuple[Rule, ...] = ()
    """For files of pytest-benchmark; of several that fit a benchmark and metric the last one counts."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that comparisons are judged by."""
        return tuple(self.delta) or METRICS[:1]


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One line of the gate's answer."""

    name: str
    verdict: Verdict
    sentence: str
    required: bool = True
    """Whether it must have been measured."""
    ratio: float | None = None
    ci: tuple[float, float] | None = None
    delta: float | None = None
    """What was judged by: the policy's, or the machine's floor where that is larger."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What a gate answers."""

    subject: str
    """The run or file that was judged."""
    against: str
    """What it was held against; empty where it stood alone."""
    checks: tuple[GateCheck, ...]
    session: Session
    notes: tuple[str, ...]
    """What a reader must know to believe it: calibration, floors, limits of the method."""
    inconclusive: OnInconclusive
    exit_code: int


def share(value: object) -> float:
    """A difference as a fraction: `5%`, `0.05`.

    Raises ValueError for anything else, a bare 5 included: nobody means 500 %.
    """
    text = str(value).strip()
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text)
    number = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    if not 0 <= number < 1:
        raise ValueError(f"`{text}` is not a share; write 5% or 0.05")
    return number


def rule(text: str) -> Rule:
    """Read a rule, such as `p50>5%`, `group:encoding p95>5%`, `name:test_get* mean>3%`.

    Raises ValueError for anything else.
    """
    form = r"(?:(?P<field>group|name|fullname):(?P<pattern>.+?)\s+)?(?P<metric>[\w.]+)\s*>\s*(?P<share>.+)"
    found = re.fullmatch(form, text.strip())
    if found is None:
        raise ValueError(f"`{text}` is not a rule; write it like 'p50>5%' or 'group:encoding p95>5%'")
    metric = "p50" if found["metric"] == "median" else found["metric"]
    if metric not in METRICS:
        raise ValueError(f"`{text}`: `{metric}` cannot be judged with an interval; valid are {', '.join(METRICS)}")
    return Rule(found["field"] or "", found["pattern"] or "*", metric, share(found["share"]))
