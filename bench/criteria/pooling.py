"""What the slots of the experiment `pool` say of each size: pure, for its criteria, its figure and its sentences."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bench.stats import clustered, queueing, signed_rank
from bench.stats.interval import Interval

EXPERIMENT = "pool"
BASIC = "pool-basic"
ALPHA = 0.05

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
    wait_s: float
    """Mean wait of a checkout, those that did not wait included."""
    wait_share: float
    """Of the time with the pool, waiting and borrowed."""
    service_s: float
    """Mean time that a connection is borrowed."""
    load: float
    """Erlangs: checkouts per second times the mean time borrowed."""
    turned_away: int
    """Requests that got no connection or no answer, and arrivals that were never sent."""
    mean_s: float
    """Mean latency of a request, median of the blocks."""

    @property
    def predicted_chance(self) -> float:
        """Of a wait, by Erlang's C."""
        return queueing.erlang_c(self.size, self.load)

    @property
    def predicted_wait_s(self) -> float:
        """Mean wait, by the same formula."""
        return queueing.mean_wait(self.size, self.load, self.service_s)


@dataclass(frozen=True, slots=True)
class Sized:
    """What one pool did, with the intervals over its blocks."""

    counted: Counted
    utilisation: Interval
    """Borrowed connection-seconds / (size x seconds), a value for each block."""
    efficiency: Interval
    """Query seconds / (waiting + borrowed seconds)."""
    waited: Interval
    """Share of the checkouts that waited at all."""
    within: Interval
    """Share of all who asked that waited for at most one service time; who was turned away waits for ever."""
    little: Interval | None
    """Mean number waiting or borrowed by the pool's counters, over what the answers' own times add up to by Little's
    law, from the slots in which nobody was turned away: who is, tells none. None where these are too few, or kept no
    times."""


def enough(slots: Slots) -> bool:
    """Whether the arms have the fewest blocks in common."""
    return len(blocks(slots)) >= blocks_needed()


def blocks(slots: Slots) -> set[int]:
    """Those in which every arm was measured: a run that was cut off ends within one."""
    by_arm: dict[str, set[int]] = {}
    for slot in slots:
        by_arm.setdefault(slot["arm"], set()).add(slot["block"])
    return set.intersection(*by_arm.values()) if by_arm else set()


def of(slots: Slots, arm: str) -> Slots:
    """The slots of one arm, in the order of the blocks."""
    return sorted((slot for slot in slots if slot["arm"] == arm), key=lambda slot: slot["block"])


def sized(slots: Slots, size: int) -> Sized:
    """What the pool of this size did. Raises TooFewPairs."""
    mine = of(slots, name_of(size))
    asked = [slot["borrowed"] for slot in mine]
    return Sized(
        counted=counted(slots, size),
        utilisation=signed_rank.estimate([slot["busy_s"] / (size * slot["seconds"]) for slot in mine], alpha=ALPHA),
        efficiency=signed_rank.estimate(
            [slot["query_s"] / (slot["busy_s"] + slot["pending_s"]) for slot in mine], alpha=ALPHA
        ),
        waited=clustered.share([slot["waited"] for slot in mine], asked, alpha=ALPHA),
        within=within(slots, size),
        little=_little(mine),
    )


def counted(slots: Slots, size: int) -> Counted:
    """What the pool of this size did in at least one slot."""
    mine = of(slots, name_of(size))
    total = {name: math.fsum(slot[name] for slot in mine) for name in ("busy_s", "pending_s", "use_s", "wait_s")}
    seconds = math.fsum(slot["seconds"] for slot in mine)
    borrowed, returned = (sum(slot[name] for slot in mine) for name in ("borrowed", "returned"))
    service_s = total["use_s"] / returned
    return Counted(
        size=size,
        chance_to_wait=sum(slot["waited"] for slot in mine) / borrowed,
        wait_s=total["wait_s"] / borrowed,
        wait_share=total["pending_s"] / (total["busy_s"] + total["pending_s"]),
        service_s=service_s,
        load=borrowed / seconds * service_s,
        turned_away=sum(_turned_away(slot) for slot in mine),
        mean_s=sorted(slot["metrics"].get("mean", math.inf) for slot in mine)[len(mine) // 2],
    )


def within(slots: Slots, size: int) -> Interval:
    """Share of all who asked that waited for at most one service time. Raises TooFewPairs for fewer than two blocks."""
    mine = of(slots, name_of(size))
    service_s = counted(slots, size).service_s
    asked = [slot["borrowed"] + _turned_away(slot) for slot in mine]
    return clustered.share([_up_to(slot["waits"], service_s) for slot in mine], asked, alpha=ALPHA)


def gain(slots: Slots, size: int) -> Interval:
    """Mean latency of this size over that of the basic pool, in the blocks that both were measured in; a ratio."""
    tuned, basic = (
        {slot["block"]: slot["metrics"]["mean"] for slot in of(slots, arm) if "mean" in slot["metrics"]}
        for arm in (name_of(size), BASIC)
    )
    logs = [math.log(tuned[block] / basic[block]) for block in sorted(tuned.keys() & basic.keys())]
    return signed_rank.estimate(logs, alpha=ALPHA).exp()


def _turned_away(slot: Mapping[str, Any]) -> int:
    """Each fails a request, which may be seen at the pool, at the generator or at both: so the more of the two."""
    at_the_pool = slot.get("rejections", 0) + slot.get("timeouts", 0)
    return int(max(at_the_pool, slot.get("errors", 0)) + slot.get("dropped", 0))


def _up_to(waits: Mapping[str, float], seconds: float) -> float:
    """How many waited for at most so long; within a bucket of the histogram they are taken to lie evenly."""
    counts = sorted((float(bound), count) for bound, count in waits.items())
    for (low, below), (high, upto) in pairwise([(0.0, 0.0), *counts]):
        if seconds < high:
            return below + (upto - below) * (seconds - low) / (high - low)
    return counts[-1][1]


def _little(mine: Slots) -> Interval | None:
    """L / (lambda W), a value for each block: L by the pool's areas, lambda and W by the generator's own answers."""
    told = [slot for slot in mine if "inside_s" in slot and not _turned_away(slot)]
    if len(told) < blocks_needed():
        return None
    ratios = []
    for slot in told:
        number = (slot["busy_s"] + slot["pending_s"]) / slot["seconds"]
        rate = slot["answers"] / slot["seconds"]
        ratios.append(number / (rate * slot["inside_s"]))
    return signed_rank.estimate(ratios, alpha=ALPHA)
