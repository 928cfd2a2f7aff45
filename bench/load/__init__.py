"""Who drives an arm through one slot.

locust    a Locust file in a process of its own, open or closed model; what users run
queries   database calls in this process, one at a time
scripted  a deterministic fake with real samples, to test everything above

All three keep every observation and write it when the slot has ended, never while it is measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, runtime_checkable

from bench.model import Slot


@dataclass(frozen=True, slots=True)
class Target:
    """Where load is sent."""

    arm: str
    base_url: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What one slot left behind."""

    path: Path
    """Parquet file of the observations, see `bench.observations`."""
    started: datetime
    """UTC; the zero of the observations' times."""
    n: int
    """Observations in the file, failed ones included."""
    dropped: int
    """Arrivals that were never sent because all users were waiting."""
    generator_cores: float
    """Cores that the generator itself kept busy during the slot."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What only this kind of load knows."""


class Load(Protocol):
    """One way of loading an arm. Entering prepares it, leaving ends all that it started."""

    async def run(self, slot: Slot, target: Target) -> Sample:
        """Load the target for one slot and answer its sample.

        Slots of the same seed send the same requests at the same moments. Raises LoadError.
        """

    async def __aenter__(self) -> Self:
        """Get ready."""

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all that was started."""


@runtime_checkable
class LoadInTurns(Load, Protocol):
    """A load that several arms can share."""

    async def run_in_turns(self, slots: Sequence[Slot], targets: Sequence[Target]) -> list[Sample]:
        """Load the targets in turns, one slot each, and answer their samples.

        The slots have one seed, one length and one `turn_s`. All samples have the same `started`, and each what the
        generator did for all of them. Raises LoadError.
        """


def sample_path(folder: Path, prefix: str, slot: Slot) -> Path:
    """Where a slot's samples stand; `prefix` keeps the experiments of a run apart."""
    return folder / f"{prefix}-{slot.index:04d}-{slot.role}.parquet"
