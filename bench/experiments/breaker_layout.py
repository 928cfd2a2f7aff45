"""Which arm meets which fault when: pure, from a budget and a seed."""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.criteria.breaker_prevention import (
    CORE,
    FAULT,
    FEWEST_BLOCKS,
    INTERLOCK,
    NONE,
    SEED,
    TIMELY,
    TIMELY_S,
    WITH,
    WITHOUT,
)
from bench.errors import BudgetTooSmall
from bench.faults import Fault, Shards

LEAD_S, FAULT_S, AFTER_S = 0.5, 2.2, 1.3
SLOT_S = LEAD_S + FAULT_S + AFTER_S
OVERHEAD_S = 0.2
"""Between two slots: writing the samples, reading them, seeing that the circuit is closed."""
RIVALS = (WITHOUT, WITH, SEED, INTERLOCK)
"""The arms of the block with the other breakers in it; nothing is judged by it."""
FAULTS: Mapping[str, Fault] = {
    FAULT: Fault(mode="hang"),
    TIMELY: Fault(mode="hang"),
    "flapping": Fault(mode="hang", flap_s=0.5),
    "reset": Fault(mode="reset"),
    "slow x10": Fault(mode="latency", factor=10),
    "one of four shards": Fault(mode="hang", shards=Shards(of=4, failing=frozenset({0}))),
    "error 100 %": Fault(mode="error", rate=1.0),
    "error 50 %": Fault(mode="error", rate=0.5),
    "error 30 %": Fault(mode="error", rate=0.3),
    "error 10 %": Fault(mode="error", rate=0.1),
}
"""What is wrong with the dependency; the first decides, the others follow as far as the budget goes."""
FIELDS: Mapping[str, Mapping[str, str]] = {TIMELY: {"weaviate_timeout_s": f"{TIMELY_S:g}"}}
"""Settings that the arms have under a fault beside those that they always have."""


@dataclass(frozen=True, slots=True)
class Run:
    """One arm under one fault."""

    block: int
    """Runs of a block share their arrivals."""
    arm: str
    fault: str
    """Of FAULTS; empty where nothing is wrong."""

    @property
    def service(self) -> str:
        """The service that stands for the arm under this fault."""
        arm = WITH if self.arm == NONE else self.arm
        return f"{arm}, {self.fault}" if self.fault in FIELDS else arm


def layout(budget_s: float, seed: int) -> list[Run]:
    """As many runs as the budget holds: blocks for the criterion, rivals in some of these, then the other faults.

    Another fault joins a block, whose arrivals and run without a fault it shares. Raises BudgetTooSmall when the
    budget does not hold one block.
    """
    left = int(budget_s / (SLOT_S + OVERHEAD_S))
    if left < len(CORE):
        needed_s = len(CORE) * (SLOT_S + OVERHEAD_S)
        raise BudgetTooSmall(
            f"breaker: a budget of {budget_s:g} s is too small; {needed_s:.3g} s are needed.",
            budget_s=budget_s,
            needed_s=needed_s,
        )
    order = random.Random(f"breaker {seed}")
    blocks = min(FEWEST_BLOCKS, left // len(CORE))
    left -= blocks * len(CORE)
    afforded = []
    for number, (fault, arms) in enumerate(_more() if blocks == FEWEST_BLOCKS else ()):
        left -= len(arms)
        if left < 0:
            break
        afforded.append((number % blocks, fault, arms))
    runs: list[Run] = []
    for block in range(blocks):
        pairs = [(arm, "" if arm == NONE else FAULT) for arm in CORE]
        pairs += [(arm, fault) for number, fault, arms in afforded if number == block for arm in arms]
        runs += [Run(block, arm, fault) for arm, fault in order.sample(pairs, len(pairs))]
    return runs


def whole_s() -> float:
    """The budget that holds every fault."""
    runs = FEWEST_BLOCKS * len(CORE) + sum(len(arms) for _, arms in _more())
    return math.ceil(runs * (SLOT_S + OVERHEAD_S))


def _more() -> list[tuple[str, Sequence[str]]]:
    """Faults beside the one that decides, with their arms."""
    return [(fault, RIVALS if fault == TIMELY else (WITHOUT, WITH)) for fault in FAULTS if fault != FAULT]
