"""The load of a comparison before it begins: do both arms answer at all, and how much do they hold?"""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench import observations
from bench.errors import SubjectError, UsageError
from bench.load import Load, Sample, Target
from bench.load.locust import LocustLoad
from bench.model import Role, Slot
from bench.runner import Progress, probe

USERS = 8
"""Users without pauses: enough to keep two cores busy, few enough to queue little."""
WARM_S = 1.0
PROBE_S = 2.0
CALM_S = 1.5
"""Of the offered load, to see how long an answer takes."""
SHARE = 0.3
"""Of what the slower arm holds with no pauses. Less than a spec's half: a comparison is made where neighbours come and
go, and a load that fills the machine together with them queues in both arms, which widens every interval."""
MOST_FAILED = 0.01
"""As the session's check of errors has it; told before time is spent on it."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The rate that every arm is offered, and how it came about."""

    rate: float
    latency_s: float
    """Median of the slower arm at that rate."""
    facts: Mapping[str, Any] = field(default_factory=dict)


async def offered(
    load: LocustLoad, targets: Mapping[Role, Target], *, rate: float | None, seed: int, progress: Progress
) -> Offer:
    """Warm every arm, look at its answers, and choose the rate; `rate` is the user's own.

    Raises SubjectError for an arm that answers errors, UsageError for a rate that no arm holds.
    """
    progress.stage("warming up and probing capacity")
    closed = load.closed_model(USERS)
    for role, target in targets.items():
        await _warm(closed, role, target, seed)
    both: dict[Role, Target] = {role: target for role, target in targets.items() if role is not Role.CONTROL}
    capacity = await probe(closed, both, seconds=PROBE_S, seed=seed + 1)
    held = {str(role): round(each.rate, 1) for role, each in capacity.by_role.items()}
    if rate is None:
        chosen, reason = capacity.rate(SHARE), capacity.reason(SHARE, PROBE_S)
    else:
        chosen, reason = rate, "as --rate asks"
        _holds(rate, held, progress)
    latency_s = max([await _latency_s(load.open_model(chosen), role, target, seed) for role, target in both.items()])
    progress.note(
        f"capacity {held} requests/s, offered {chosen:.1f}/s to every arm, which the slower answers in "
        f"{latency_s * 1e3:.2f} ms"
    )
    return Offer(chosen, latency_s, {"capacity": held, "rate_reason": reason, "arrivals": "poisson"})


async def _latency_s(open_model: Load, role: Role, target: Target, seed: int) -> float:
    """The median at the offered rate; endless where nothing was answered."""
    slot = Slot(index=0, block=-1, triple=-1, role=role, seed=seed + 2, duration_s=CALM_S, discard_s=0.0)
    sample = await open_model.run(slot, target)
    table = observations.read(sample.path, ("intended_s", "end_s"))
    sample.path.unlink()
    took = [end - due for due, end in zip(*(table.column(c).to_pylist() for c in ("intended_s", "end_s")), strict=True)]
    return median(took) if took else math.inf


async def _warm(closed: Load, role: Role, target: Target, seed: int) -> None:
    slot = Slot(index=0, block=-1, triple=-1, role=role, seed=seed, duration_s=WARM_S, discard_s=0.0)
    sample = await closed.run(slot, target)
    try:
        _look(role, target, sample)
    finally:
        sample.path.unlink()


def _look(role: Role, target: Target, sample: Sample) -> None:
    table = observations.read(sample.path)
    wrong = [
        (str(name), str(error) or f"HTTP {status}")
        for name, status, error in zip(*(table.column(c).to_pylist() for c in ("name", "status", "error")), strict=True)
        if error or status == 0 or status >= 400
    ]
    if not len(table):
        raise SubjectError(f"The {role} at {target.base_url} answered nothing within {WARM_S:g} s; look at its log.")
    if len(wrong) > MOST_FAILED * len(table):
        (name, error), _ = Counter(wrong).most_common(1)[0]
        raise SubjectError(
            f"The {role} answers errors: {len(wrong)} of {len(table)} requests failed, most of them {name} with "
            f"{error!r}; what fails is not compared. Check the path, the workload and the service's log."
        )


def _holds(rate: float, held: Mapping[str, float], progress: Progress) -> None:
    most = max(held.values())
    if rate > most:
        raise UsageError(
            f"--rate {rate:g}: no arm holds that; without pauses they answered "
            f"{' and '.join(f'{value:g}/s ({role})' for role, value in held.items())}. "
            f"Offer at most {SHARE * min(held.values()):.0f}, or leave --rate out."
        )
    for role, value in held.items():
        if rate > value:
            progress.note(f"the {role} held {value:g} requests/s only: at {rate:g}/s its queue will grow")
