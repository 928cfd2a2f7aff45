"""What is wrong with a dependency, and with which of its requests."""

import random
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Mode = Literal["none", "error", "latency", "hang", "reset"]


class Shards(BaseModel):
    """Only requests for these of so many shards are concerned; a workspace is on one shard."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: int = Field(4, ge=1)
    failing: frozenset[int]

    @model_validator(mode="after")
    def _exist(self) -> "Shards":
        if not self.failing or not all(0 <= number < self.of for number in self.failing):
            raise ValueError(f"failing must name shards from 0 to {self.of - 1}")
        return self


class Fault(BaseModel):
    """One fault; the default is none. Times are seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = "none"
    """error: answers `status`; latency: answers late; hang: answers once the fault is over; reset: a TCP RST."""
    rate: float = Field(1.0, ge=0, le=1)
    """The share of the requests concerned that it strikes."""
    status: int = Field(500, ge=200, le=599)
    """Of an error. 200 is an answer that tells errors, as GraphQL has it."""
    latency_s: float = Field(0.0, ge=0, le=3600)
    """Added to the base latency."""
    factor: float = Field(1.0, ge=0, le=1e6)
    """Times the base latency."""
    flap_s: float | None = Field(None, gt=0, le=3600)
    """On for so long, off for so long, and so on; without it, on."""
    shards: Shards | None = None
    """Without it, every request is concerned."""
    seed: int = 0
    """Of the choice among the requests concerned: the n-th of them meets the same in every run."""

    def latency_from(self, base_s: float) -> float:
        """Seconds that an answer takes which otherwise takes `base_s`, where the fault strikes."""
        return base_s * self.factor + self.latency_s if self.mode == "latency" else base_s


@dataclass(slots=True)
class Counts:
    """What became of the requests: seen = answered + failed + abandoned + in flight."""

    seen: int = 0
    answered: int = 0
    failed: int = 0
    """Answered with an error or reset, as the fault wanted it."""
    abandoned: int = 0
    """The client left first."""
    in_flight: int = 0
    most_in_flight: int = 0
    """At any moment since the fault was set."""

    def begin(self) -> None:
        """A request came."""
        self.seen += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)


def shard(workspace: str, of: int) -> int:
    """The shard that a workspace is on."""
    return zlib.crc32(workspace.encode()) % of


class Chooser:
    """Chooses which requests a fault strikes; made anew with every fault."""

    def __init__(self, fault: Fault, clock: Callable[[], float] = time.monotonic) -> None:
        self.fault = fault
        self._clock = clock
        self._since = clock()
        self._dice = random.Random(fault.seed)

    def strikes(self, workspace: str) -> bool:
        """Whether it strikes a request for this workspace, now."""
        fault = self.fault
        if fault.mode == "none":
            return False
        if fault.shards is not None and shard(workspace, fault.shards.of) not in fault.shards.failing:
            return False
        # Drawn in pauses, too: what the n-th request meets does not depend on how many fell into a pause.
        drawn = self._dice.random() < fault.rate
        return drawn and not self._pauses()

    def _pauses(self) -> bool:
        flap_s = self.fault.flap_s
        return flap_s is not None and int((self._clock() - self._since) / flap_s) % 2 == 1
