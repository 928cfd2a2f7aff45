"""What the slots of the experiment `pool` say: pure, for its criteria, its figure and its sentences."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.stats import queueing, signed_rank
from bench.stats.interval import Interval

EXPERIMENT = "pool"
BASIC = "pool-basic"
ALPHA = 0.05
SHARE = 0.99

Slots = Sequence[Mapping[str, Any]]


def name_of(size: int) -> str:
    """The arm of a pool of this size."""
    return f"pool-{size}"


def blocks_needed() -> int:
    """Fewest blocks with an interval."""
    return signed_rank.fewest(ALPHA)


@dataclass(frozen=True, slots=True)
class Counted:
    """What one pool did, from sums over its slots."""

    size: int
    chance_to_wait: float
    """Of a checkout."""
    wait_p99_s: float
    """Upper bound of the bucket in which the 99th percentile of the waits lies."""
    service_s: float
    """Mean time that a connection is borrowed."""
    load: float
    """Erlangs: checkouts per second times the mean time borrowed."""
    little: float
    """Mean number waiting or borrowed, over arrival rate times mean time in both; Little's law says 1."""
    mean_s: float
    """Mean latency of a request, median of the blocks."""

    @property
    def predicted_chance(self) -> float:
        """Of a wait, by Erlang's C."""
        return queueing.erlang_c(self.size, self.load)


@dataclass(frozen=True, slots=True)
class Sized:
    """What one pool did, with the intervals over its blocks."""

    counted: Counted
    utilisation: Interval
    """Borrowed connection-seconds / (size x seconds), a value for each block."""
    efficiency: Interval
    """Query seconds / (waiting + borrowed seconds)."""


def enough(slots: Slots) -> bool:
    """Whether every arm has the fewest blocks."""
    arms = {slot["arm"] for slot in slots}
    return bool(arms) and all(len(of(slots, arm)) >= blocks_needed() for arm in arms)


def of(slots: Slots, arm: str) -> Slots:
    """The slots of one arm, in the order of the blocks."""
    return sorted((slot for slot in slots if slot["arm"] == arm), key=lambda slot: slot["block"])


def sized(slots: Slots, size: int) -> Sized:
    """What the pool of this size did. Raises TooFewPairs."""
    mine = of(slots, name_of(size))
    return Sized(
        counted=counted(slots, size),
        utilisation=signed_rank.estimate([slot["busy_s"] / (size * slot["seconds"]) for slot in mine], alpha=ALPHA),
        efficiency=signed_rank.estimate(
            [slot["query_s"] / (slot["busy_s"] + slot["pending_s"]) for slot in mine], alpha=ALPHA
        ),
    )


def counted(slots: Slots, size: int) -> Counted:
    """What the pool of this size did in at least one slot."""
    mine = of(slots, name_of(size))
    total = {name: math.fsum(slot[name] for slot in mine) for name in ("busy_s", "pending_s", "use_s", "wait_s")}
    seconds = math.fsum(slot["seconds"] for slot in mine)
    borrowed, returned = (sum(slot[name] for slot in mine) for name in ("borrowed", "returned"))
    service_s = total["use_s"] / returned
    in_system = (total["busy_s"] + total["pending_s"]) / seconds
    return Counted(
        size=size,
        chance_to_wait=sum(slot["waited"] for slot in mine) / borrowed,
        wait_p99_s=_quantile(mine),
        service_s=service_s,
        load=borrowed / seconds * service_s,
        little=in_system / (borrowed / seconds * (service_s + total["wait_s"] / borrowed)),
        mean_s=sorted(slot["metrics"]["mean"] for slot in mine)[len(mine) // 2],
    )


def recommended(slots: Slots, sizes: Sequence[int]) -> int:
    """The smallest size whose wait p99 is at most one service time; the largest when none is."""
    for size in sorted(sizes):
        found = counted(slots, size)
        if found.wait_p99_s <= found.service_s:
            return size
    return max(sizes)


def gain(slots: Slots, size: int) -> Interval:
    """Mean latency of this size over that of the basic pool, in the same blocks; a ratio."""
    pairs = zip(of(slots, name_of(size)), of(slots, BASIC), strict=True)
    logs = [math.log(tuned["metrics"]["mean"] / basic["metrics"]["mean"]) for tuned, basic in pairs]
    return signed_rank.estimate(logs, alpha=ALPHA).exp()


def _quantile(mine: Slots) -> float:
    counts: dict[float, float] = {}
    for slot in mine:
        for bound, count in slot["waits"].items():
            counts[float(bound)] = counts.get(float(bound), 0.0) + count
    total = counts.get(math.inf, 0.0)
    return next((bound for bound in sorted(counts) if counts[bound] >= SHARE * total), math.inf)
