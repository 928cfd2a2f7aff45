"""Which requests a fault strikes: by share, by shard, in turns, and the same in every run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bench.faults.fault import Chooser, Fault, Shards, shard

WORKSPACES = [f"team-{number:03}" for number in range(1, 41)]


def struck(fault: Fault, count: int = 1000, workspace: str = "team-1") -> list[bool]:
    """The first so many requests for a workspace."""
    chooser = Chooser(fault)
    return [chooser.strikes(workspace) for _ in range(count)]


@given(rate=st.floats(0, 1), seed=st.integers(0, 2**32))
def test_two_runs_see_the_same_faults(rate: float, seed: int) -> None:
    """The n-th request meets the same."""
    fault = Fault(mode="error", rate=rate, seed=seed)
    assert struck(fault, 50) == struck(fault, 50)


def test_another_seed_strikes_others() -> None:
    """The negative case: the choice is by the seed."""
    assert struck(Fault(mode="error", rate=0.5, seed=1)) != struck(Fault(mode="error", rate=0.5, seed=2))


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.3, 0.5, 1.0])
def test_a_share_of_the_requests_is_struck(rate: float) -> None:
    """Within five standard deviations of the binomial; none and all exactly."""
    count = 10_000
    hits = sum(struck(Fault(mode="error", rate=rate), count))
    assert abs(hits - rate * count) <= 5 * (rate * (1 - rate) * count) ** 0.5


def test_no_fault_strikes_nobody() -> None:
    """Whatever else it says."""
    assert not any(struck(Fault(mode="none", rate=1.0)))


def test_only_the_failing_shards_are_concerned() -> None:
    """One of four shards, and every one of the four has workspaces."""
    chooser = Chooser(Fault(mode="error", shards=Shards(of=4, failing=frozenset({2}))))
    by_shard = {
        number: {chooser.strikes(name) for name in WORKSPACES if shard(name, 4) == number} for number in range(4)
    }
    assert by_shard == {0: {False}, 1: {False}, 2: {True}, 3: {False}}


def test_requests_of_other_shards_do_not_change_the_choice() -> None:
    """The n-th request concerned meets the same, however many others come between."""
    concerned, other = (next(name for name in WORKSPACES if shard(name, 2) == number) for number in (0, 1))
    fault = Fault(mode="error", rate=0.5, shards=Shards(of=2, failing=frozenset({0})))
    alone, among = Chooser(fault), Chooser(fault)
    for _ in range(100):
        assert not among.strikes(other)
        assert among.strikes(concerned) == alone.strikes(concerned)


def test_flapping_is_on_and_off_in_turns() -> None:
    """On first; each turn takes `flap_s`."""
    now = [100.0]
    chooser = Chooser(Fault(mode="error", flap_s=2.0), lambda: now[0])
    seen = []
    for passed in (0.0, 1.99, 2.0, 3.99, 4.0, 5.99, 6.0):
        now[0] = 100.0 + passed
        seen.append(chooser.strikes("team-1"))
    assert seen == [True, True, False, False, True, True, False]


@pytest.mark.parametrize(
    ("fault", "latency_s"),
    [
        (Fault(), 0.02),
        (Fault(mode="latency", latency_s=0.5), 0.52),
        (Fault(mode="latency", factor=10), 0.2),
        (Fault(mode="latency", factor=10, latency_s=0.5), 0.7),
        (Fault(mode="error", factor=10, latency_s=0.5), 0.02),
    ],
    ids=range(5),
)
def test_latency_multiplies_the_base_and_is_added(fault: Fault, latency_s: float) -> None:
    """In the mode `latency` alone."""
    assert fault.latency_from(0.02) == pytest.approx(latency_s)


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "sulk"},
        {"mode": "error", "rate": 1.1},
        {"mode": "error", "rate": float("nan")},
        {"mode": "error", "status": 99},
        {"mode": "latency", "latency_s": -1},
        {"mode": "error", "flap_s": 0},
        {"mode": "error", "shards": {"of": 4, "failing": [4]}},
        {"mode": "error", "shards": {"of": 4, "failing": []}},
        {"mode": "error", "speed": 1},
    ],
    ids=str,
)
def test_a_fault_that_is_none_is_refused(fields: dict[str, object]) -> None:
    """Nobody measures a fault that is not there."""
    with pytest.raises(ValidationError):
        Fault.model_validate(fields)
