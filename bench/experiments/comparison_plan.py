"""How a comparison is laid out in its budget: how long its slots are, how many pairs it has."""

import math
from dataclasses import dataclass

from bench import design
from bench.errors import BudgetTooSmall, UsageError
from bench.judge.contest import COMPARISON, CONFIRMATION, CONFIRMING_PAIRS
from bench.model import Plan, Role
from bench.stats import looks as schedules
from bench.stats import quantiles

SLOT_OVERHEAD_S = 0.25
"""Between two slots: writing the samples, asking for the identity."""
JUDGED_S = 1.5
"""Shortest time of a slot that is judged, where the rate gives enough requests in it."""
DISCARD_S = 0.5
"""Start of each slot that is not judged: a process that was just started makes its connections in it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of two arms."""

    metric: str = "p50"
    delta: float = 0.05
    budget_s: float = 180.0
    seed: int = 0


def slot_s(metric: str, rate: float) -> float:
    """How long a slot must be, so that its requests support the metric although arrivals scatter."""
    needed = quantiles.needed(quantiles.QUANTILES.get(metric, 0.5))
    # Poisson: the count of a slot has a standard deviation of its root; five of them are out of reach.
    return DISCARD_S + max(JUDGED_S, (needed + 5 * math.sqrt(needed)) / rate)


def check_slot(metric: str, rate: float, slot_s: float) -> None:
    """Raise UsageError when slots of a length that somebody chose hold too few requests for the metric."""
    needed = quantiles.needed(quantiles.QUANTILES.get(metric, 0.5))
    held = rate * (slot_s - discard_s(slot_s))
    if held < needed:
        raise UsageError(
            f"slots of {slot_s:g} s hold about {held:.0f} judged requests at {rate:.1f}/s, and the {metric} needs "
            f"{needed}; leave --slot out, give a higher --rate where the arms hold it, or choose another --metric."
        )


def pair_s(slot_s: float, renewal_s: float) -> float:
    """What one pair takes: a slot of each arm, and starting them again."""
    return len(Role) * (slot_s + SLOT_OVERHEAD_S) + renewal_s


def plan(question: Question, *, slot_s: float, renewal_s: float) -> Plan:
    """As many pairs as the budget holds beside those that confirm a regression.

    Raises BudgetTooSmall when they are fewer than six.
    """
    one_s = pair_s(slot_s, renewal_s)
    pairs = 2 * int(question.budget_s / one_s / 2 + 1e-9) - CONFIRMING_PAIRS
    if pairs < schedules.FEWEST:
        needed_s = (schedules.FEWEST + CONFIRMING_PAIRS) * one_s
        raise BudgetTooSmall(
            f"--budget {question.budget_s:g} holds too few pairs: six, and four that confirm a regression, take "
            f"--budget {math.ceil(needed_s)} with slots of {slot_s:.1f} s and {renewal_s:.1f} s for starting the arms "
            "again; give more, or a higher --rate where the arms hold it.",
            budget_s=question.budget_s,
            needed_s=needed_s,
        )
    chosen = schedules.schedule(pairs)
    return design.plan(COMPARISON, seed=question.seed, looks=chosen, slot_s=slot_s, discard_s=discard_s(slot_s))


def fresh(question: Question, laid_out: Plan) -> Plan:
    """A few pairs in another order, with other requests."""
    slot = laid_out.slots[0]
    return design.plan(
        CONFIRMATION, seed=question.seed, pairs=CONFIRMING_PAIRS, slot_s=slot.duration_s, discard_s=slot.discard_s
    )


def discard_s(slot_s: float) -> float:
    """The start of a slot of this length that is not judged."""
    return min(DISCARD_S, slot_s / 4)
