"""The lead of the open model's arrivals."""

import time

from bench.load.generator.foresight import FIRST_S, IN_TIME, MOST_CORES, MOST_S, STEP_S, Foresight


def test_nobody_is_let_go_before_its_time() -> None:
    """A request that was woken early is sent when it is due, not before."""
    due = time.perf_counter() + 0.002
    Foresight(80.0).await_due(due)
    assert time.perf_counter() >= due


def test_the_lead_grows_while_requests_are_late_and_shrinks_while_they_are_not() -> None:
    """It settles where three quarters are in time: three steps down weigh one step up."""
    foresight = Foresight(80.0)
    foresight.await_due(time.perf_counter() - 1)
    assert foresight.lead_s == FIRST_S + IN_TIME * STEP_S
    for _ in range(3):
        foresight.await_due(time.perf_counter() + 1e-3)
    assert abs(foresight.lead_s - FIRST_S) < 1e-12


def test_the_lead_is_bounded() -> None:
    """However late a burst is sent, no more than half a millisecond is ever spun."""
    foresight = Foresight(80.0)
    for _ in range(10_000):
        foresight.await_due(time.perf_counter() - 1)
    assert foresight.lead_s == MOST_S


def test_frequent_requests_are_not_spun_for() -> None:
    """At any rate spinning takes a small part of a core at most: lateness on a busy machine must not feed itself."""
    foresight = Foresight(2000.0)
    for _ in range(1000):
        foresight.await_due(time.perf_counter() - 1)
    assert foresight.lead_s * 2000.0 <= MOST_CORES
