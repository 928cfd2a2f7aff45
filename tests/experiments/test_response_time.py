"""What response_time makes of its plan at the load that was found: how long its slots last, and what it waits for."""

from dataclasses import replace

import pytest

from bench.criteria import catalogue
from bench.design import plan
from bench.experiments.response_time import EXPERIMENT, lasting, requests, within_reach
from bench.model import Claim, Plan
from bench.spec import ExperimentSpec

CLAIMS = tuple(catalogue()[name] for name in ("response_time", "response_consistency", "query_time"))


@pytest.fixture
def planned() -> Plan:
    """Fourteen slots of each arm, of which nine seconds are judged."""
    return EXPERIMENT.plan(ExperimentSpec(budget_s=440, slot_s=10, discard_s=1), 1)


def named(claims: tuple[Claim, ...]) -> list[str]:
    """By their ids."""
    return [claim.id for claim in claims]


def test_a_tail_that_the_budget_holds_is_waited_for(planned: Plan) -> None:
    """At 16 requests/s the 126 judged seconds of an arm hold 2,016: enough for p99."""
    assert requests(planned, 16.0) == 2016
    assert within_reach(CLAIMS, planned, 16.0) == CLAIMS


def test_a_tail_that_the_budget_does_not_hold_is_not(planned: Plan) -> None:
    """At 15 requests/s there would be 1,890 at the end: the other claims may end the experiment before."""
    assert named(within_reach(CLAIMS, planned, 15.0)) == ["response_time", "query_time"]


def test_only_what_is_judged_counts() -> None:
    """The seconds at the start of a slot, and the other arms' requests, do not make a tail."""
    halved = plan("response_time", seed=1, pairs=6, slot_s=2.0, discard_s=1.0)
    assert requests(halved, 100.0) == 600


def test_slots_last_as_long_as_a_median_takes_at_the_load() -> None:
    """26 requests/s: 72 are due on average in the judged part of each, and 40 for certain; nothing else changes."""
    short = plan("response_time", seed=1, pairs=6, slot_s=1.8, discard_s=0.2)
    longer = lasting(short, 26.0)
    (duration_s,) = {slot.duration_s for slot in longer.slots}
    assert duration_s == pytest.approx(0.2 + (40 + 5 * 40**0.5) / 26)
    assert replace(longer, slots=tuple(replace(slot, duration_s=1.8) for slot in longer.slots)) == short


def test_slots_that_hold_enough_are_left_as_they_were_planned() -> None:
    """At 200 requests/s the very same plan is walked."""
    short = plan("response_time", seed=1, pairs=6, slot_s=1.8, discard_s=0.2)
    assert lasting(short, 200.0) is short
