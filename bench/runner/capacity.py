"""How much load an arm holds: a short closed-model probe, so that the offered rate suits the slower arm.

Service, database and load generator share the machine. Half of what a fast arm holds may still keep the
generator busy for most of the time, and then its own queueing would be measured; so the generator has a bound
of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bench import observations
from bench.load import Load, Target
from bench.model import Role, Slot

GENERATOR_CORES = 0.3
"""What the generator may use of a core at the offered rate, by what each request cost it in the probe. The open
model costs about half as much again: docs/benchmarks.md, "The offered rate"."""


@dataclass(frozen=True, slots=True)
class Held:
    """What one arm held, and what that cost the generator."""

    rate: float
    """Requests per second that were completed with a few users that never pause."""
    generator_cores: float

    def offered(self, share: float) -> float:
        """The rate to offer because of this arm: `share` of what it held, or what the generator sends easily."""
        return min(self.rate * share, self._easily_sent())

    def _easily_sent(self) -> float:
        return self.rate * GENERATOR_CORES / self.generator_cores if self.generator_cores else self.rate


@dataclass(frozen=True, slots=True)
class Capacity:
    """What each arm held."""

    by_role: Mapping[Role, Held]

    def rate(self, share: float) -> float:
        """The offered rate, which suits every arm."""
        return min(held.offered(share) for held in self.by_role.values())

    def reason(self, share: float, seconds: float) -> str:
        """Why it is that rate, in words."""
        arms = f"what the slower arm held in {seconds:g} s without pauses"
        slowest = min(held.rate for held in self.by_role.values())
        if self.rate(share) < slowest * share:
            return f"what {GENERATOR_CORES:g} cores of load generator send, less than {share:.0%} of {arms}"
        return f"{share:.0%} of {arms}"


async def probe(closed: Load, targets: Mapping[Role, Target], *, seconds: float, seed: int) -> Capacity:
    """Load each arm in turn with a closed model and count what it completes.

    The probe's samples are removed: they are no evidence of anything but the rate.
    """
    held: dict[Role, Held] = {}
    for index, (role, target) in enumerate(targets.items()):
        slot = Slot(index=index, block=-1, triple=-1, role=role, seed=seed, duration_s=seconds, discard_s=0.0)
        sample = await closed.run(slot, target)
        held[role] = Held(len(observations.read(sample.path)) / seconds, sample.generator_cores)
        sample.path.unlink()
    return Capacity(held)
