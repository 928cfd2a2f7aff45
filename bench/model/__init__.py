"""The nouns: frozen dataclasses without behaviour that touches the world.

Everything that a run writes to `run.json` is one of these; `store` reads and writes them with pydantic's
TypeAdapter, so this package is also the schema. Times are float seconds unless a name says otherwise.
"""

from bench.model.benchmark import Benchmark, BenchmarkFile
from bench.model.comparison import ComparisonRecord, Confirmation, Count, Noise, OtherMetric
from bench.model.gate import DELTA, METRICS, Gate, GateCheck, OnInconclusive, Policy, Rule
from bench.model.machine import machine
from bench.model.plan import CONTROL, MAIN, Comparison, Look, Plan, Role, Slot
from bench.model.record import (
    SCHEMA_VERSION,
    ArmRecord,
    CriterionResult,
    Effect,
    Environment,
    ExperimentRecord,
    Figure,
    RunRecord,
    Services,
    Session,
    SlotHealth,
    SlotRecord,
    Status,
)
from bench.model.verdict import Claim, ComparisonVerdict, Direction, Finding, Verdict

__all__ = [
    "CONTROL",
    "DELTA",
    "MAIN",
    "METRICS",
    "SCHEMA_VERSION",
    "ArmRecord",
    "Benchmark",
    "BenchmarkFile",
    "Claim",
    "Comparison",
    "ComparisonRecord",
    "ComparisonVerdict",
    "Confirmation",
    "Count",
    "CriterionResult",
    "Direction",
    "Effect",
    "Environment",
    "ExperimentRecord",
    "Figure",
    "Finding",
    "Gate",
    "GateCheck",
    "Look",
    "Noise",
    "OnInconclusive",
    "OtherMetric",
    "Plan",
    "Policy",
    "Role",
    "Rule",
    "RunRecord",
    "Services",
    "Session",
    "Slot",
    "SlotHealth",
    "SlotRecord",
    "Status",
    "Verdict",
    "machine",
]
