"""From a seed and a budget to the order of slots: what will be measured is decided before the first request.

The slots come in triples with the baseline in the middle, two mirrored triples make a block:

    C B A'   A' B C     or     A' B C   C B A'

so that within a block each comparison runs once in each order and a linear drift cancels. Which of the two
forms a block has is drawn from the seed: nothing periodic on the machine can stay in step with an arm.
"""

import random
from collections.abc import Sequence
from math import ceil

from bench.arrivals import round_s, spread_s
from bench.errors import BudgetTooSmall, UsageError
from bench.model import Look, Plan, Role, Slot
from bench.stats import looks as schedules

FORWARD = (Role.CANDIDATE, Role.BASELINE, Role.CONTROL)
BACKWARD = (Role.CONTROL, Role.BASELINE, Role.CANDIDATE)
TRIPLES_A_BLOCK = 2
SEEDS = 2**32
"""Slot seeds stay below this, which every generator of random numbers accepts."""


def plan(
    experiment: str,
    *,
    seed: int,
    looks: Sequence[Look] = (),
    pairs: int = schedules.FEWEST,
    slot_s: float,
    discard_s: float,
    turn_s: float = 0.0,
    confidence: float = schedules.CONFIDENCE,
) -> Plan:
    """Lay out an experiment: either up to the last of `looks`, or `pairs` pairs judged once.

    With `turn_s` the three arms of a triple take turns of that length.

    Raises UsageError when the pairs do not fill whole blocks of two, or when nothing of a slot would be judged.
    """
    chosen = tuple(looks) or (Look(pairs, round(1 - confidence, 10)),)
    _check_times(slot_s, discard_s)
    if any(look.pairs % TRIPLES_A_BLOCK or look.pairs <= 0 for look in chosen):
        raise UsageError(
            f"{experiment}: looks after {[look.pairs for look in chosen]} pairs are not all whole blocks of two."
        )
    slots = _slots(experiment, seed, max(look.pairs for look in chosen), slot_s, discard_s, turn_s)
    return Plan(experiment, seed, slots, chosen, confidence)


def budgeted(
    experiment: str,
    *,
    seed: int,
    budget_s: float,
    slot_s: float,
    discard_s: float,
    overhead_s: float = 0.0,
    turn_s: float = 0.0,
) -> Plan:
    """Lay out as many pairs as `budget_s` seconds hold when each slot costs `slot_s + overhead_s`.

    With `turn_s` the arms of a triple take turns of that length, a triple costs `overhead_s` once, and whole rounds of
    turns are discarded. Raises BudgetTooSmall when they are fewer than six: no interval exists for fewer at 95 %.
    """
    if turn_s:
        discard_s = whole_rounds_s(discard_s, turn_s)
        triple_s = spread_s(slot_s, len(FORWARD), turn_s) + overhead_s
    else:
        triple_s = len(FORWARD) * (slot_s + overhead_s)
    # The tolerance keeps a budget of exactly six pairs from failing in the last binary digit.
    blocks = int(budget_s / (triple_s * TRIPLES_A_BLOCK) + 1e-9)
    pairs = blocks * TRIPLES_A_BLOCK
    if pairs < schedules.FEWEST:
        needed_s = schedules.FEWEST * triple_s
        raise BudgetTooSmall(
            f"{experiment}: a budget of {budget_s:g} s is too small for six pairs of {slot_s:g} s slots; "
            f"{needed_s:.1f} s are needed.",
            budget_s=budget_s,
            needed_s=needed_s,
        )
    return plan(
        experiment, seed=seed, looks=schedules.schedule(pairs), slot_s=slot_s, discard_s=discard_s, turn_s=turn_s
    )


def unslotted(experiment: str, seed: int) -> Plan:
    """The plan of an experiment that does not compare slots: it keeps facts of its own."""
    return Plan(experiment, seed, (), (), schedules.CONFIDENCE)


def _check_times(slot_s: float, discard_s: float) -> None:
    if not 0 <= discard_s < slot_s:
        raise UsageError(
            f"discard_s = {discard_s:g} leaves nothing of slots of slot_s = {slot_s:g}; "
            "choose a discard_s below slot_s."
        )


def whole_rounds_s(seconds: float, turn_s: float) -> float:
    """The shortest time from `seconds` on that holds whole rounds of turns, so that every arm had as many."""
    return ceil(seconds / round_s(len(FORWARD), turn_s) - 1e-9) * round_s(len(FORWARD), turn_s)


def _slots(
    experiment: str, seed: int, triples: int, slot_s: float, discard_s: float, turn_s: float
) -> tuple[Slot, ...]:
    # The experiment's name is part of the seed: two experiments of a run must not share their randomness.
    drawn = random.Random(f"{experiment}:{seed}")
    slots: list[Slot] = []
    for block in range(triples // TRIPLES_A_BLOCK):
        orders = [FORWARD, BACKWARD]
        drawn.shuffle(orders)
        for position, order in enumerate(orders):
            triple, slot_seed = block * TRIPLES_A_BLOCK + position, drawn.randrange(SEEDS)
            for role in order:
                slots.append(Slot(len(slots), block, triple, role, slot_seed, slot_s, discard_s, turn_s))
    return tuple(slots)
