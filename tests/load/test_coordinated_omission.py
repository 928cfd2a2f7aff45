"""A server that freezes for a second: the open model sees it, the closed model does not."""

import pytest

import bench
from bench.errors import UsageError
from bench.lab.omission import CLOSED, OPEN, USERS

FREEZE_S, RATE = 1.0, 100.0


@pytest.mark.slow
def test_a_frozen_second_is_seen_by_the_open_model_alone() -> None:
    """Same server, same rate, same stall: dozens of slow requests in one model, one for each user in the other."""
    seen = bench.coordinated_omission(freeze_s=FREEZE_S, rate=RATE)
    assert list(seen.columns) == [CLOSED, OPEN]
    closed, opened = seen[CLOSED], seen[OPEN]
    # All that was due in the stall: a hundred, give or take the moments at which the signals arrive.
    assert 0.8 * FREEZE_S * RATE <= opened["asked_in_stall"] <= 2 * FREEZE_S * RATE
    assert opened["slow"] >= 0.3 * FREEZE_S * RATE
    # Nobody asks again who still waits: what was asked in the stall is no more than users there are.
    assert closed["asked_in_stall"] <= USERS
    assert closed["slow"] <= USERS
    # So one model's p99 tells the stall, and the other one's tells nothing of it.
    assert opened["p99_s"] > FREEZE_S / 2 > closed["p99_s"]
    # Both have it in their slowest request: it happened to both.
    assert min(opened["slowest_s"], closed["slowest_s"]) > FREEZE_S / 2


@pytest.mark.slow
def test_without_a_stall_worth_the_name_both_models_agree() -> None:
    """The difference above is the stall's: with none of a length that matters there is no slow request in either."""
    seen = bench.coordinated_omission(freeze_s=0.001, duration_s=4.0, rate=RATE)
    assert (seen.loc["p50_s"] < FREEZE_S / 2).all()
    assert (seen.loc["p99_s"] < FREEZE_S / 2).all()
    assert (seen.loc["requests"] > 0).all()


def test_a_slot_that_is_too_short_for_its_stall_is_refused() -> None:
    """Before anything is started."""
    with pytest.raises(UsageError, match=r"A stall of 3 s needs a slot of 9 s at least, not 4"):
        bench.coordinated_omission(freeze_s=3.0, duration_s=4.0)
