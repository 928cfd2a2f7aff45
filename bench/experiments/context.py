"""What an experiment is, what it is given, and what it leaves behind even when it is cut off."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from bench import design
from bench.environment import OwnProcesses
from bench.lifetime import Custody
from bench.model import ArmRecord, Claim, Effect, Look, Plan, Role, SlotRecord
from bench.provision import Servers
from bench.runner import Progress, Records
from bench.spec import ExperimentSpec, Spec
from bench.store import RunFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.corpus import Operation

Latencies = Callable[[SlotRecord], "NDArray[np.float64]"]
"""Reads the judged latencies of a slot, in seconds."""


@dataclass(slots=True)
class Draft:
    """What has been measured so far; becomes an ExperimentRecord whether the experiment ends or is cut off."""

    arms: tuple[ArmRecord, ...] = ()
    looks: tuple[Look, ...] = ()
    slots: Records = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def measured(self) -> bool:
        """Whether there is anything to keep: slots, or those of an experiment that has its own kind in the facts."""
        return bool(self.slots or self.facts.get("slots"))


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that an experiment may use: running servers, prepared databases, a folder, time."""

    spec: Spec
    timing: ExperimentSpec
    """This experiment's budget and slots, after --quick and --budget."""
    plan: Plan
    """What `Experiment.plan` made of it."""
    seed: int
    claims: Sequence[Claim]
    folder: RunFolder
    logs: Path
    custody: Custody
    own: OwnProcesses
    servers: Servers
    databases: Mapping[Role, str]
    """DSN of the database in the state that each role's knobs ask for."""
    knobs: Mapping[Role, Mapping[str, str]]
    workload: Path
    operations: "Sequence[Operation]"
    progress: Progress
    draft: Draft
    save: Callable[[], None]
    """Write the draft into the run, as partial until the experiment ends."""
    states: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """DSN of the database by the tunings that were applied to it: the arms' states, and those that an experiment of
    the spec asks for by an attribute `tunings`."""

    def keep(self, records: Records) -> None:
        """Keep what has been measured so far, whatever comes."""
        self.draft.slots = records
        self.save()


class Experiment(Protocol):
    """One question, asked of the arms. A module of this package with an EXPERIMENT is found by itself."""

    @property
    def name(self) -> str:
        """The name in specs and in run.json."""

    @property
    def question(self) -> str:
        """What is asked, in one sentence."""

    @property
    def method(self) -> str:
        """How it is answered, in two sentences."""

    @property
    def metric(self) -> str:
        """The metric that decides; shown while the experiment runs."""

    def plan(self, timing: ExperimentSpec, seed: int) -> Plan:
        """Lay out the slots: pure, and asked for before anything is started.

        Raises BudgetTooSmall when the time does not hold what an answer takes.
        """

    async def run(self, bench: Bench) -> None:
        """Measure; everything found goes into `bench.draft` as soon as it is known."""

    def analyse(self, looks: Sequence[Look], slots: Records, latencies: Latencies) -> tuple[Effect, ...]:
        """Turn stored slots into effects: pure, so that a stored run can be judged again."""


def within_budget(name: str, timing: ExperimentSpec, seed: int, *, overhead_s: float) -> Plan:
    """As many pairs as the spec's budget holds; each slot, or triple in turns, costs `overhead_s` beside its length.

    Raises BudgetTooSmall.
    """
    return design.budgeted(
        name,
        seed=seed,
        budget_s=timing.budget_s,
        slot_s=timing.slot_s,
        discard_s=timing.discard_s,
        overhead_s=overhead_s,
        turn_s=timing.turn_s,
    )
