"""The gate under random visits, cancellations and deadlines, against what it promises."""

import asyncio
import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.db.gate import Gate
from service.errors import PoolQueueFullError, PoolTimeoutError
from tests.service.db.fake_time import run

# Whole eighths of a second, so that many things fall into the same moment and fake time is exact.
MOMENTS = st.integers(0, 24).map(lambda eighths: eighths / 8)
TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Visit:
    """Somebody who comes, stays, and perhaps is cancelled at some moment."""

    comes: float
    stays: float
    cancelled: float | None


VISITS = st.lists(st.builds(Visit, MOMENTS, MOMENTS, st.none() | MOMENTS), max_size=40)


@dataclass
class Watched:
    """A gate, and what was seen at it."""

    gate: Gate
    size: int
    queue: int
    inside: int = 0
    lined_up: list[int] = field(default_factory=list)
    had_turn: list[int] = field(default_factory=list)
    ends: dict[int, str] = field(default_factory=dict)

    async def visit(self, number: int, visit: Visit) -> None:
        """One visit from end to end."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(visit.comes)
        began, free, waiting = loop.time(), self.gate.inside < self.size, self.gate.waiting
        # A place is free only when nobody is left to whom it could go.
        assert not (free and waiting)
        if not free:
            self.lined_up.append(number)
        try:
            await self.gate.enter()
        except PoolQueueFullError:
            assert waiting == self.queue
            assert loop.time() == began
            self.ends[number] = "full"
            return
        except PoolTimeoutError:
            assert loop.time() == began + TIMEOUT_S
            self.ends[number] = "late"
            return
        assert loop.time() <= began + TIMEOUT_S
        if not free:
            self.had_turn.append(number)
        self.inside += 1
        assert self.inside <= self.size
        try:
            await asyncio.sleep(visit.stays)
        finally:
            self.inside -= 1
            self.gate.leave()
        self.ends[number] = "served"


async def watch(visits: list[Visit], size: int, queue: int) -> Watched:
    """Let everybody come, and look at the gate afterwards."""
    seen = Watched(Gate(size, queue=queue, timeout_s=TIMEOUT_S), size, queue)
    loop = asyncio.get_running_loop()
    tasks = [asyncio.create_task(seen.visit(number, visit)) for number, visit in enumerate(visits)]
    for task, visit in zip(tasks, visits, strict=True):
        if visit.cancelled is not None:
            loop.call_at(visit.cancelled, task.cancel)
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(outcome is None or isinstance(outcome, asyncio.CancelledError) for outcome in done)
    return seen


def assert_kept(seen: Watched) -> None:
    """Nothing was lost, nobody overtook, and the gate is as good as new."""
    assert (seen.gate.inside, seen.gate.waiting) == (0, 0)
    assert [seen.gate.enter_now() for _ in range(seen.size + 1)] == [True] * seen.size + [False]
    assert seen.had_turn == [number for number in seen.lined_up if number in set(seen.had_turn)]


@settings(max_examples=200, deadline=None)
@given(visits=VISITS, size=st.integers(1, 4), queue=st.integers(0, 12))
def test_the_gate_keeps_its_promises(visits: list[Visit], size: int, queue: int) -> None:
    """Never more than `size` inside, in the order of arrival, nothing lost, whatever is cancelled or late."""
    assert_kept(run(watch(visits, size, queue)))


@pytest.mark.parametrize("seed", range(5))
def test_a_crowd_meets_every_end(seed: int) -> None:
    """The promises hold in a long crush as well, in which all of being served, late, full and cancelled happen."""
    chance = random.Random(seed)
    visits = [
        Visit(
            comes=chance.randrange(400) / 8,
            stays=chance.randrange(1, 6) / 8,
            cancelled=chance.choice([None, None, chance.randrange(400) / 8]),
        )
        for _ in range(600)
    ]
    seen = run(watch(visits, 3, 8))
    assert_kept(seen)
    assert set(seen.ends.values()) == {"served", "late", "full"}
    assert len(seen.ends) < len(visits)
