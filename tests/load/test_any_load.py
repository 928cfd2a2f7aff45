"""What every load promises, held against the real one and the fake alike."""

from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from bench import observations
from bench.load import Load, Target
from bench.load.scripted import ScriptedLoad
from bench.model import Role
from tests.load.driving import Locusts, Server, rows, slot

VISITOR = """
import random

class Visitor(FastHttpUser):
    @task
    def ask(self):
        name = random.choice(["GET /a", "GET /b"])
        self.client.get("/", name=name)
"""
RATE = 60.0


@pytest.fixture(params=["scripted", "open", "closed"])
async def load(request: pytest.FixtureRequest, locusts: Locusts, tmp_path: Path) -> AsyncIterator[Load]:
    """Each kind of load, entered."""
    kind: str = request.param
    made: Load
    if kind == "scripted":
        made = ScriptedLoad(
            tmp_path, lambda role, rng, i: rng.uniform(0.001, 0.002), rate=RATE, names=["GET /a", "GET /b"]
        )
    else:
        made = locusts(VISITOR).open_model(RATE) if kind == "open" else locusts(VISITOR).closed_model(2)
    async with made as entered:
        yield entered


async def test_a_slot_gives_a_whole_sample(load: Load, server: Server, tmp_path: Path) -> None:
    """Every load answers with a file of the one schema, as many rows as it says, in order, inside the slot."""
    sample = await load.run(slot(0.5, index=3, role=Role.CANDIDATE), server.target())
    assert observations.read(sample.path).schema.equals(observations.schema())
    kept = rows(sample)
    assert len(kept) == sample.n > 0
    assert [row.intended_s for row in kept] == sorted(row.intended_s for row in kept)
    assert all(0 <= row.intended_s <= row.start_s <= row.end_s for row in kept)
    # A user of the closed model who was answered late asks once more.
    assert sum(row.intended_s >= 0.5 for row in kept) <= 2
    assert {row.name for row in kept} == {"GET /a", "GET /b"}
    assert {(row.status, row.error) for row in kept} == {(200, "")}
    assert sample.started.utcoffset() == timedelta(0)
    assert sample.started.tzinfo is UTC
    assert sample.dropped == 0
    assert sample.generator_cores > 0
    assert sample.path.parent == tmp_path


async def test_slots_and_arms_have_files_of_their_own(load: Load, server: Server) -> None:
    """No slot of a run overwrites another's samples."""
    samples = [await load.run(slot(0.2, index=i, role=role), server.target()) for i, role in enumerate(Role)]
    assert len({sample.path for sample in samples}) == len(Role)
    assert all(sample.path.is_file() for sample in samples)


@pytest.mark.parametrize("load", ["scripted", "open"], indirect=True)  # in the closed model the service sets the pace
async def test_arms_of_a_triple_get_the_same_requests(load: Load, server: Server) -> None:
    """One seed gives the same names at the same moments to all roles, another seed does not."""
    seen = []
    for index, (role, seed) in enumerate([(Role.BASELINE, 1), (Role.CANDIDATE, 1), (Role.CONTROL, 2)]):
        sample = await load.run(slot(0.5, index=index, role=role, seed=seed), server.target())
        seen.append([(round(row.intended_s, 6), row.name) for row in rows(sample)])
    assert seen[0] == seen[1] != seen[2]


async def test_the_fake_follows_from_its_arguments_alone(tmp_path: Path) -> None:
    """A scripted slot is the same whenever it runs; arms and repetitions have noise of their own."""
    load = ScriptedLoad(tmp_path, lambda role, rng, i: rng.random(), lag_s=0.001)
    target = Target("arm", "nowhere")
    first, again = [rows(await load.run(slot(), target)) for _ in range(2)]
    assert [repr(row) for row in again] == [repr(row) for row in first]
    other = rows(await load.run(slot(index=1), target))
    assert [row.intended_s for row in other] == [row.intended_s for row in first]
    assert [row.end_s for row in other] != [row.end_s for row in first]
    assert all(row.start_s == row.intended_s + 0.001 for row in first)
