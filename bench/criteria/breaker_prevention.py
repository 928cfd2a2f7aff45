"""What share of a cascade does the circuit breaker prevent?

A collateral failure is a request on the route that does not use the dependency which came due once the fault had begun
and was not answered with 200 within a deadline from its intended start; the deadline is fixed from a run without a
fault before the first one. With C_N without a fault, C_F with it and no breaker, C_B with it and the breaker, all of
one block and so with the same arrivals, the value is 1 - (C_B - C_N) / (C_F - C_N). A fault that does no harm prevents
nothing from being prevented: the criterion is measured only where the fault cascades in every block, and overall fails
at least a tenth of the requests.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.criteria import evidence
from bench.criteria.reading import Evidence, Reading, Unmeasured
from bench.stats import signed_rank
from bench.stats.interval import Interval
from bench.stats.prevented import prevented

EXPERIMENT = "breaker"
EXPERIMENTS = (EXPERIMENT,)
FAULT = "hang"
"""The fault that decides: the one that makes requests pile up."""
TIMELY_S = 1.5
"""Within the fault, and long enough for calls that hang to fill the service before they end."""
TIMELY = f"hang, calls end after {TIMELY_S:g} s"
"""The fault under which other breakers are compared: of calls that outlast it they would never hear."""
NONE, WITHOUT, WITH, SEED, INTERLOCK = "no fault", "without", "with", "seed", "interlock"
"""The arms."""
CORE = (NONE, WITHOUT, WITH)
ALPHA = 0.05
FEWEST_BLOCKS = signed_rank.fewest(ALPHA)
LEAST_SHARE = 0.1
"""Of the requests that came due, the fault alone has to fail this share; of less, 95 % cannot be told from all."""

Slots = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Harm:
    """What one arm's failures come to in the blocks in which it, no fault and no breaker were all measured."""

    without: tuple[int, ...]
    """C_F - C_N of each block."""
    with_it: tuple[int, ...]
    """C_arm - C_N."""
    due: int
    """Requests that came due without a breaker, in all blocks."""

    @property
    def share(self) -> float:
        """The share of them that failed because of the fault."""
        return sum(self.without) / self.due if self.due else 0.0

    @property
    def cascades(self) -> bool:
        """Whether there is something to prevent."""
        return bool(self.without) and min(self.without) > 0 and self.share >= LEAST_SHARE

    @property
    def ratio(self) -> float:
        """The share that is prevented, over all blocks and without an interval."""
        return 1 - sum(self.with_it) / sum(self.without)


def harm(slots: Slots, arm: str = WITH, fault: str = FAULT) -> Harm:
    """What the fault does to the other route without a breaker and with that of the arm."""
    blocks: dict[int, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for slot in slots:
        if slot["fault"] in {fault, ""}:
            blocks[slot["block"]][slot["arm"]] = slot
    complete = [block for _, block in sorted(blocks.items()) if {NONE, WITHOUT, arm} <= block.keys()]
    return Harm(
        tuple(block[WITHOUT]["collateral"] - block[NONE]["collateral"] for block in complete),
        tuple(block[arm]["collateral"] - block[NONE]["collateral"] for block in complete),
        sum(block[WITHOUT]["due"] for block in complete),
    )


def interval(found: Harm) -> Interval | None:
    """The prevented share with its interval; None where nothing cascades or the blocks are too few."""
    if not found.cascades or len(found.without) < FEWEST_BLOCKS:
        return None
    return prevented(found.without, found.with_it, alpha=ALPHA)


def read(experiments: Evidence) -> Reading | Unmeasured:
    """The share of the collateral failures of a dependency that hangs which the breaker prevents."""
    record = evidence.measured(experiments, EXPERIMENT)
    if isinstance(record, Unmeasured):
        return record
    found = harm(record.facts.get("slots", ()))
    if found.without and not found.cascades:
        return Unmeasured(
            f"The fault does not cascade: it fails {found.share:.1%} of the other route's requests beyond those that "
            f"fail without it, in single blocks from {min(found.without)} to {max(found.without)}; at least "
            f"{LEAST_SHARE:.0%} and some in every block are needed for something to be prevented."
        )
    estimated = interval(found)
    if estimated is None:
        return Unmeasured(
            f"Too few blocks: {len(found.without)}, at least {FEWEST_BLOCKS} are needed; give a larger --budget."
        )
    return Reading(
        value=estimated.estimate,
        low=estimated.low,
        high=estimated.high,
        confidence=1 - ALPHA,
        n=len(found.without),
        evidence=evidence.figures(record),
    )
