"""The offered rate that follows from what the arms hold."""

from pathlib import Path
from random import Random

import pytest

from bench.load import Target
from bench.load.scripted import ScriptedLoad
from bench.model import Role
from bench.runner import Capacity, probe
from bench.runner.capacity import GENERATOR_CORES, Held, held_rate

SLOW, FAST = Held(30.0, 0.02), Held(3000.0, 0.9)


def test_the_slower_arm_decides() -> None:
    """Half of what it held is offered to both."""
    capacity = Capacity({Role.BASELINE: SLOW, Role.CANDIDATE: FAST})
    assert capacity.rate(0.5) == 15.0
    assert capacity.reason(0.5, 2) == "50% of what the slower arm held in 2 s without pauses"


def test_the_generator_is_never_the_bottleneck() -> None:
    """Where both arms are fast, no more is offered than the generator sends with its share of a core."""
    capacity = Capacity({Role.BASELINE: FAST, Role.CANDIDATE: FAST})
    assert capacity.rate(0.5) == pytest.approx(3000 * GENERATOR_CORES / 0.9)
    assert "cores of load generator" in capacity.reason(0.5, 2)


def test_a_generator_whose_cost_is_not_known_bounds_nothing() -> None:
    """Without a figure the share alone decides."""
    assert Capacity({Role.BASELINE: Held(100.0, 0.0)}).rate(0.5) == 50.0


def test_a_moment_in_which_the_machine_stands_still_does_not_lower_the_rate() -> None:
    """Of answers at an even pace a stall takes some: the rate is that of the other fifths."""
    even = [number / 200 for number in range(400)]
    stalled = [moment for moment in even if not 0.5 <= moment < 1.1]
    assert held_rate(even, 2.0) == pytest.approx(200)
    assert len(stalled) / 2.0 < 150
    assert held_rate(stalled, 2.0) == pytest.approx(200, rel=0.02)


@pytest.mark.parametrize("number", [0, 1, 99])
def test_of_few_answers_the_rate_is_the_mean(number: int) -> None:
    """A fifth of them would say too little; none at all is no rate."""
    assert held_rate([0.0] * number, 2.0) == number / 2


async def test_the_probe_counts_and_leaves_nothing(tmp_path: Path) -> None:
    """As many requests per second as were completed, the generator's cores beside them, and no sample."""

    def at_once(_role: Role, _rng: Random, _i: int) -> float:
        return 0.001

    load = ScriptedLoad(tmp_path, at_once, rate=200.0, arrivals="constant", generator_cores=0.25)
    capacity = await probe(load, {Role.BASELINE: Target("baseline", "http://127.0.0.1:1")}, seconds=2.0, seed=1)
    assert capacity.by_role[Role.BASELINE] == Held(200.0, 0.25)
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - nothing else waits here
