"""The shape of a spec. Unknown keys are refused: a misspelt threshold must not be silently ignored."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bench.model import OnInconclusive, Policy
from bench.model.gate import rule, share

Seconds = Annotated[float, Field(gt=0, le=86_400)]
Share = Annotated[float, BeforeValidator(share)]


def _is_rule(text: str) -> str:
    rule(text)
    return text


RuleText = Annotated[str, AfterValidator(_is_rule)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Corpus(_Table):
    """How many documents the databases hold, and the seed that made them."""

    documents: int = Field(100_000, ge=1_000, le=5_000_000)
    seed: int = 7


class Workload(_Table):
    """Which requests are sent and how they arrive."""

    locustfile: str = "loadtests/search.py"
    operations: int = Field(20_000, ge=100, le=1_000_000)
    """Length of the recorded list of requests that the slots draw from."""
    arrivals: Literal["poisson", "constant"] = "poisson"
    load: float = Field(0.5, gt=0, le=1)
    """Offered rate as a share of what the slower arm holds in the capacity probe."""
    probe_s: Seconds = 2.0
    """Length of the capacity probe of each arm."""
    warmup_s: Seconds = 2.0
    """Load on each arm before the first slot."""


class ArmSpec(_Table):
    """An arm of the reference service: a preset of all knobs and what differs from it."""

    knobs: Literal["on", "off"] = "on"
    set: dict[str, Literal["on", "off"]] = {}


ArmName = Literal["baseline", "candidate"]
ARMS: Mapping[ArmName, ArmSpec] = {"baseline": ArmSpec(knobs="off"), "candidate": ArmSpec()}


class ExperimentSpec(_Table):
    """How much time one experiment may take and how long its slots are."""

    budget_s: Seconds = 120.0
    slot_s: Seconds = 5.0
    discard_s: float = Field(1.0, ge=0)
    """Start of each slot that is not judged: the arm's caches and the connections warm up in it."""
    turn_s: float = Field(0.0, ge=0)
    """Above 0: the arms take turns of this length in their slots, for arms that both answer much quicker than that."""


class CriterionSpec(_Table):
    """What the spec changes about a claim of the catalogue."""

    threshold: float | None = None
    required: bool | None = None


class GateSpec(_Table):
    """What `perflab gate` insists on; every key may be left out."""

    criteria: list[str] | None = None
    comparisons: list[str] = []
    inconclusive: OnInconclusive = OnInconclusive.EXIT_3
    may_rise: list[Literal["queries", "buffers", "rows", "temp_blocks", "wal_bytes", "redis_commands", "bytes"]] = []
    delta: dict[Literal["p50", "p95", "p99", "mean"], Share] = {}
    fail: list[RuleText] = []

    def policy(self) -> Policy:
        """The policy that the judge reads."""
        return Policy(
            criteria=None if self.criteria is None else tuple(self.criteria),
            comparisons=tuple(self.comparisons),
            inconclusive=self.inconclusive,
            may_rise=tuple(self.may_rise),
            delta={str(metric): value for metric, value in self.delta.items()},
            fail=tuple(map(rule, self.fail)),
        )


class Spec(_Table):
    """What to run."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,40}$")
    corpus: Corpus = Corpus()
    workload: Workload = Workload()
    arms: Annotated[dict[ArmName, ArmSpec], AfterValidator(lambda told: {**ARMS, **told})] = dict(ARMS)
    """What is said of either; an arm that is left out is as in ARMS."""
    experiments: dict[str, ExperimentSpec] = Field(min_length=1)
    criteria: dict[str, CriterionSpec] = Field(min_length=1)
    gate: GateSpec = GateSpec()
    quick: dict[str, Any] = {}
    """Tables that replace parts of this spec under `--quick`, same shape as the spec; and `leave_out`, experiments that
    take longer than a quick look may."""
