"""How a comparison is laid out in its budget: how long its slots are, how many pairs it has."""

import math
from dataclasses import dataclass

from bench import design
from bench.arrivals import spread_s
from bench.errors import BudgetTooSmall, UsageError
from bench.judge.contest import COMPARISON, CONFIRMATION, CONFIRMING_PAIRS
from bench.model import Plan, Role
from bench.stats import looks as schedules
from bench.stats import quantiles

SLOT_OVERHEAD_S = 0.25
"""Between two slots, or two triples in turns: writing the samples, asking for the identity."""
JUDGED_S = 1.5
"""Shortest time of a slot that is judged, where the rate gives enough requests in it."""
DISCARD_S = 0.5
"""Start of each slot that is not judged: a process that was just started makes its connections in it."""


STEP_S = 0.1
"""By which slots are shortened to fit a budget."""
TURN_S = 0.06
"""Shortest turn: some thirty requests at a usual rate. The machine's speed changes within tenths of a second, so short
turns share it more evenly (docs/benchmarks.md, "Arms in turns")."""
TURN_LATENCIES = 20
"""A turn is so many times as long as the slower arm takes to answer: what is under way at its end ends in the pause
behind it, a tenth of a turn, before the next arm is asked anything."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of two arms."""

    metric: str = "p50"
    delta: float = 0.05
    budget_s: float = 180.0
    seed: int = 0


def slot_s(metric: str, rate: float) -> float:
    """How long a slot is, where the budget has room: its requests support the metric although arrivals scatter."""
    return DISCARD_S + max(JUDGED_S, _enough(metric) / rate)


def _enough(metric: str) -> float:
    return quantiles.expected(quantiles.QUANTILES.get(metric, 0.5))


@dataclass(frozen=True, slots=True)
class Slots:
    """How long the slots of a comparison are, in seconds."""

    slot_s: float
    """Of load on each arm."""
    turn_s: float
    """0: one slot after the other."""

    @property
    def discard_s(self) -> float:
        """From the start of a slot, or of a triple in turns, that is not judged."""
        if not self.turn_s:
            return min(DISCARD_S, self.slot_s / 4)
        return design.whole_rounds_s(DISCARD_S, self.turn_s)

    @property
    def judged_s(self) -> float:
        """Of load on each arm that are judged."""
        if not self.turn_s:
            return self.slot_s - self.discard_s
        return self.slot_s - self.discard_s * self.slot_s / self.triple_s

    @property
    def triple_s(self) -> float:
        """What the load on all three arms takes."""
        return spread_s(self.slot_s, len(Role), self.turn_s) if self.turn_s else len(Role) * self.slot_s

    @property
    def overhead_s(self) -> float:
        """What a triple takes beside."""
        return SLOT_OVERHEAD_S if self.turn_s else len(Role) * SLOT_OVERHEAD_S


def slots(length_s: float, latency_s: float, *, in_turns: bool = True) -> Slots:
    """Slots of such a length, for arms that take `latency_s` to answer: in turns where four turns fit in."""
    turn_s = max(TURN_S, TURN_LATENCIES * latency_s)
    if not in_turns or 4 * turn_s > length_s:
        return Slots(length_s, 0.0)
    return Slots(math.ceil(length_s / turn_s - 1e-9) * turn_s, turn_s)


def of_length(question: Question, length_s: float, latency_s: float, *, renewal_s: float, in_turns: bool) -> Slots:
    """Slots of a length that somebody chose: of whole turns, one more where the budget holds it, else one less."""
    chosen = slots(length_s, latency_s, in_turns=in_turns)
    if chosen.slot_s > length_s and not _enough_pairs(question, chosen, renewal_s):
        return Slots(chosen.slot_s - chosen.turn_s, chosen.turn_s)
    return chosen


def _enough_pairs(question: Question, chosen: Slots, renewal_s: float) -> bool:
    return (schedules.FEWEST + CONFIRMING_PAIRS) * pair_s(chosen, renewal_s) <= question.budget_s


def fitting(question: Question, rate: float, latency_s: float, *, renewal_s: float, in_turns: bool = True) -> Slots:
    """Slots of the usual length; shorter ones where a budget holds too few of these, but none that are too short."""
    length_s = slot_s(question.metric, rate)
    chosen = slots(length_s, latency_s, in_turns=in_turns)
    while not _enough_pairs(question, chosen, renewal_s):
        length_s -= STEP_S
        shorter = slots(length_s, latency_s, in_turns=in_turns)
        if rate * shorter.judged_s < _enough(question.metric):
            break
        chosen = shorter
    return chosen


def check_slot(metric: str, rate: float, chosen: Slots) -> None:
    """Raise UsageError when slots of a length that somebody chose hold too few requests for the metric."""
    needed = quantiles.needed(quantiles.QUANTILES.get(metric, 0.5))
    held = rate * chosen.judged_s
    if held < needed:
        raise UsageError(
            f"slots of {chosen.slot_s:g} s hold about {held:.0f} judged requests at {rate:.1f}/s, and the "
            f"{metric} needs {needed}; leave --slot out, give a higher --rate where the arms hold it, or choose "
            "another --metric."
        )


def pair_s(chosen: Slots, renewal_s: float) -> float:
    """What one pair takes: a slot of each arm, and starting them again."""
    return chosen.triple_s + chosen.overhead_s + renewal_s


def plan(question: Question, chosen: Slots, *, renewal_s: float) -> Plan:
    """As many pairs as the budget holds beside those that confirm a regression.

    Raises BudgetTooSmall when they are fewer than six.
    """
    one_s = pair_s(chosen, renewal_s)
    pairs = 2 * int(question.budget_s / one_s / 2 + 1e-9) - CONFIRMING_PAIRS
    if pairs < schedules.FEWEST:
        needed_s = (schedules.FEWEST + CONFIRMING_PAIRS) * one_s
        raise BudgetTooSmall(
            f"--budget {question.budget_s:g} holds too few pairs: six, and four that confirm a regression, take "
            f"--budget {math.ceil(needed_s)} with slots of {chosen.slot_s:.1f} s and {renewal_s:.1f} s for starting "
            "the arms again; give more, or a higher --rate where the arms hold it.",
            budget_s=question.budget_s,
            needed_s=needed_s,
        )
    return design.plan(
        COMPARISON,
        seed=question.seed,
        looks=schedules.schedule(pairs),
        slot_s=chosen.slot_s,
        discard_s=chosen.discard_s,
        turn_s=chosen.turn_s,
    )


def fresh(question: Question, laid_out: Plan) -> Plan:
    """A few pairs in another order, with other requests."""
    slot = laid_out.slots[0]
    return design.plan(
        CONFIRMATION,
        seed=question.seed,
        pairs=CONFIRMING_PAIRS,
        slot_s=slot.duration_s,
        discard_s=slot.discard_s,
        turn_s=slot.turn_s,
    )
