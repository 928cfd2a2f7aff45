"""Arms in turns: each gets the whole schedule, one at a time, and an arm that stands still holds up nobody."""

import asyncio
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.arrivals import arrivals, in_turns, pause, round_s, spread_s
from bench.errors import LoadError
from bench.load import LoadInTurns, Sample, Target
from bench.model import Role, Slot
from tests.load.driving import Locusts, Server, rows

TURN_S = 0.05
VISITOR = """
import random

class Visitor(FastHttpUser):
    @task
    def ask(self):
        self.client.get(f"/{random.random()}")
"""

durations = st.floats(0.2, 3)
lanes = st.integers(2, 11)
turns = st.floats(0.02, 0.2)
seeds = st.integers(0, 2**32)


def slots(duration_s: float = 0.9, turn_s: float = TURN_S) -> list[Slot]:
    """Those of a triple."""
    return [Slot(at, 0, 0, role, 7, duration_s, 0.0, turn_s) for at, role in enumerate(Role)]


async def played(load: LoadInTurns, server: Server, count: int = 3, duration_s: float = 0.9) -> list[Sample]:
    """One triple, each arm below a path of its own."""
    targets = [server.target(f"/{role}") for role in Role]
    return await load.run_in_turns(slots(duration_s)[:count], targets[:count])


@given(durations, lanes, turns, seeds)
def test_every_arm_gets_the_whole_schedule_in_its_order(
    duration_s: float, count: int, turn_s: float, seed: int
) -> None:
    """Nothing is left out, doubled or exchanged, and nothing is due after the end."""
    schedule = arrivals("poisson", 100, duration_s, seed)
    due = in_turns(schedule, duration_s, count, turn_s, seed)
    for lane in range(count):
        assert [arrival.number for arrival in due if arrival.lane == lane] == list(range(len(schedule)))
    assert all(0 <= arrival.moment < spread_s(duration_s, count, turn_s) for arrival in due)


@given(durations, lanes, turns, seeds)
def test_between_two_arms_nothing_is_due_for_a_pause(duration_s: float, count: int, turn_s: float, seed: int) -> None:
    """Whoever was asked last has that long to answer before another arm is asked."""
    due = in_turns(arrivals("poisson", 100, duration_s, seed), duration_s, count, turn_s, seed)
    for before, after in pairwise(due):
        assert before.moment <= after.moment
        if before.lane != after.lane:
            assert after.moment - before.moment >= pause(turn_s) - 1e-9


@given(lanes, turns, seeds)
def test_each_second_round_mirrors_the_one_before(count: int, turn_s: float, seed: int) -> None:
    """So that a drift that is steady over two rounds hits all arms alike."""
    schedule = [turn_s * (number + 0.5) for number in range(6)]
    due = in_turns(schedule, 6 * turn_s, count, turn_s, seed)
    orders = [[arrival.lane for arrival in due if arrival.number == number] for number in range(6)]
    assert all(sorted(order) == list(range(count)) for order in orders)
    assert all(orders[number + 1] == orders[number][::-1] for number in (0, 2, 4))
    middle = [
        sum(arrival.moment for arrival in due if arrival.lane == lane and arrival.number < 2) for lane in range(count)
    ]
    assert max(middle) - min(middle) < 1e-9


def test_the_order_is_drawn() -> None:
    """Nothing periodic on the machine can stay in step with an arm."""
    schedule = [TURN_S * (number + 0.5) for number in range(40)]
    due = in_turns(schedule, 40 * TURN_S, 3, TURN_S, 1)
    first = [arrival.lane for arrival in due if arrival.moment % round_s(3, TURN_S) < TURN_S]
    assert set(first) == {0, 1, 2}
    assert due == in_turns(schedule, 40 * TURN_S, 3, TURN_S, 1) != in_turns(schedule, 40 * TURN_S, 3, TURN_S, 2)


async def test_all_arms_get_the_same_requests_and_keep_their_own(locusts: Locusts, server: Server) -> None:
    """The server saw each request once below each path; each sample holds what its arm was asked, when it was due."""
    async with locusts(VISITOR) as load:
        samples = await played(load.open_model(100), server)
    asked = {str(role): [] for role in Role}
    for _, target, _ in server.log():
        _, role, drawn = target.split("/")
        asked[role].append(drawn)
    schedule = arrivals("poisson", 100, 0.9, 7)
    due = in_turns(schedule, 0.9, 3, TURN_S, 7)
    for lane, (role, sample) in enumerate(zip(Role, samples, strict=True)):
        kept = rows(sample)
        assert sorted(asked[str(role)]) == sorted(asked["baseline"])
        assert len(set(asked[str(role)])) == sample.n == len(kept) == len(schedule)
        assert {row.name.split("/")[1] for row in kept} == set(asked[str(role)])
        moments = [arrival.moment for arrival in due if arrival.lane == lane]
        assert [row.intended_s for row in kept] == pytest.approx(moments, abs=1e-6)
    assert len({sample.started for sample in samples}) == 1


async def test_a_frozen_arm_is_charged_and_holds_up_nobody_s_schedule(locusts: Locusts, server: Server) -> None:
    """All that was due while the server stood still waits from when it was due: no turn waits for an answer."""

    async def frozen() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            await asyncio.sleep(0.8)
            await client.get(f"{server.url}/freeze", params={"s": 0.6})

    async with locusts(VISITOR, arrivals="constant") as load:
        samples, _ = await asyncio.gather(played(load.open_model(100), server, duration_s=0.9), frozen())
    every = [row for sample in samples for row in rows(sample)]
    assert len(every) == 3 * 90
    # Of 0.5 s in which an answer still takes 0.1 s, ten elevenths hold turns.
    assert sum(row.end_s - row.intended_s > 0.1 for row in every) >= 30
    moments = sorted(arrival.moment for arrival in in_turns(arrivals("constant", 100, 0.9, 7), 0.9, 3, TURN_S, 7))
    assert sorted(row.intended_s for row in every) == pytest.approx(moments, abs=1e-6)


CHILD = """
import gevent

class Visitor(FastHttpUser):
    @task
    def ask(self):
        gevent.joinall([gevent.spawn(self.client.get, "/child") for _ in range(2)])
"""


async def test_requests_of_a_task_s_own_greenlets_are_its_arm_s(locusts: Locusts, server: Server) -> None:
    """Though they are sent by greenlets that no arrival was given to."""
    async with locusts(CHILD) as load:
        samples = await played(load.open_model(40), server)
    for role, sample in zip(Role, samples, strict=True):
        assert sample.n == sum(target.startswith(f"/{role}/") for _, target, _ in server.log()) > 0


async def test_users_that_come_later_are_their_arm_s_too(locusts: Locusts, server: Server) -> None:
    """Where answers are slow the pools grow while other arms have their turns; nobody is sent elsewhere."""
    text = VISITOR.replace('f"/{random.random()}"', '"/slow?s=0.3"')
    async with locusts(text) as load:
        samples = await played(load.open_model(150), server)
    assert all(sample.facts["users"] > 37 for sample in samples)
    asked = [target.split("/")[1] for _, target, _ in server.log()]
    assert [asked.count(str(role)) for role in Role] == [sample.n for sample in samples]


async def test_an_arm_that_cannot_be_reached_is_named(locusts: Locusts) -> None:
    """With all that took turns, since they ended together."""
    text = VISITOR + "    def on_start(self):\n        raise RuntimeError('no')\n"
    async with locusts(text) as load:
        with pytest.raises(LoadError, match="one, two: on_start of Visitor"):
            await load.open_model(40).run_in_turns(
                slots()[:2], [Target("one", "http://127.0.0.1:9"), Target("two", "http://127.0.0.1:9")]
            )
