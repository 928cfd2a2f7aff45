"""Which arm meets which fault when: pure, from a budget and a seed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from bench.criteria.breaker_prevention import CORE, FAULT, FEWEST_BLOCKS, INTERLOCK, NONE, SEED, WITH, WITHOUT
from bench.errors import BudgetTooSmall
from bench.faults import Fault, Shards

LEAD_S, FAULT_S, AFTER_S = 0.5, 2.2, 1.3
SLOT_S = LEAD_S + FAULT_S + AFTER_S
OVERHEAD_S = 0.2
"""Between two slots: writing the samples, reading them, seeing that the circuit is closed."""
RIVAL_BLOCKS = 2
"""Blocks with the other breakers in them; nothing is judged by these."""
FAULTS: Mapping[str, Fault] = {
    "hang": Fault(mode="hang"),
    "reset": Fault(mode="reset"),
    "slow x10": Fault(mode="latency", factor=10),
    "flapping": Fault(mode="hang", flap_s=0.5),
    "one of four shards": Fault(mode="hang", shards=Shards(of=4, failing=frozenset({0}))),
    "error 100 %": Fault(mode="error", rate=1.0),
    "error 50 %": Fault(mode="error", rate=0.5),
    "error 30 %": Fault(mode="error", rate=0.3),
    "error 10 %": Fault(mode="error", rate=0.1),
}
"""What is wrong with the dependency; the first decides, the others follow as far as the budget goes."""


@dataclass(frozen=True, slots=True)
class Run:
    """One arm under one fault."""

    block: int
    """Runs of a block share their arrivals."""
    arm: str
    fault: str
    """Of FAULTS; empty where nothing is wrong."""


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
    more = [(number, FAULT, (SEED, INTERLOCK)) for number in range(RIVAL_BLOCKS)]
    more += [(number % blocks, fault, (WITHOUT, WITH)) for number, fault in enumerate(FAULTS) if fault != FAULT]
    afforded = more[: left // 2] if blocks == FEWEST_BLOCKS else []
    runs: list[Run] = []
    for block in range(blocks):
        arms = [(arm, "" if arm == NONE else FAULT) for arm in CORE]
        arms += [(arm, fault) for number, fault, both in afforded if number == block for arm in both]
        runs += [Run(block, arm, fault) for arm, fault in order.sample(arms, len(arms))]
    return runs
