"""How much load an arm holds: a short closed-model probe, so that the offered rate suits the slower arm."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench import observations
from bench.load import Load, Target
from bench.model import Role, Slot


@dataclass(frozen=True, slots=True)
class Capacity:
    """Requests per second that each arm completed with a few users that never pause."""

    by_role: Mapping[Role, float]

    def rate(self, share: float) -> float:
        """The offered rate: `share` of what the slower arm holds."""
        return min(self.by_role.values()) * share


async def probe(closed: Load, targets: Mapping[Role, Target], *, seconds: float, seed: int) -> Capacity:
    """Load each arm in turn with a closed model and count what it completes.

    The probe's samples are removed: they are no evidence of anything but the rate.
    """
    held: dict[Role, float] = {}
    for index, (role, target) in enumerate(targets.items()):
        slot = Slot(index=index, block=-1, triple=-1, role=role, seed=seed, duration_s=seconds, discard_s=0.0)
        sample = await closed.run(slot, target)
        held[role] = len(observations.read(sample.path)) / seconds
        sample.path.unlink()
    return Capacity(held)
