"""What response_time waits for: claims that its plan can decide at the load that was found."""

import pytest

from bench.criteria import catalogue
from bench.design import plan
from bench.experiments.response_time import EXPERIMENT, requests, within_reach
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
