"""How much load an arm holds: a short closed-model probe, so that the offered rate suits the slower arm.

Service, database and load generator share the machine. Half of what a fast arm holds may still keep the
generator busy for most of the time, and then its own queueing would be measured; so the generator has a bound
of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench import observations
from bench.load import Load, Target
from bench.model import Role, Slot

GENERATOR_CORES = 0.3
"""What the generator may use of a core at the offered rate, by what each request cost it in the probe. The open
model costs about half as much again: docs/benchmarks.md, "The offered rate"."""
PARTS = 5
FEWEST_IN_PART = 20
"""Below it a fifth's count scatters by more than a fifth of itself."""


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
        ended = observations.read(sample.path, ("end_s",)).column("end_s").to_pylist()
        sample.path.unlink()
        rate = held_rate(ended, seconds)
        # The generator's cores are those of the whole probe; per request they are the same at any rate.
        cores = sample.generator_cores * rate * seconds / len(ended) if ended else sample.generator_cores
        held[role] = Held(rate, cores)
    return Capacity(held)


def held_rate(ended: Sequence[float], seconds: float) -> float:
    """Completions per second of a probe, from the moments of each: the median of its fifths.

    A machine that stalls for a moment does not halve the rate that a whole run is then made at. Where a fifth would
    hold only a few, the plain mean.
    """
    if len(ended) < PARTS * FEWEST_IN_PART:
        return len(ended) / seconds
    part_s = seconds / PARTS
    counts = Counter(min(int(moment / part_s), PARTS - 1) for moment in ended)
    return median(counts[part] for part in range(PARTS)) / part_s
