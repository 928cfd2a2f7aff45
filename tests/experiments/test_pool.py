"""The pool's experiment on real services: it measures the candidate, and does not believe what its counters say."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.corpus import documents, harvest, workload
from bench.criteria import margin, pool_efficiency, pool_utilization, pooling, pooling_gain
from bench.criteria.catalogue import catalogue
from bench.criteria.reading import Reading
from bench.environment import OwnProcesses
from bench.experiments import Draft, arms
from bench.experiments.pool import BASIC_SIZE, EXPERIMENT
from bench.experiments.pool_slots import OVERHEAD_S
from bench.lifetime import Custody
from bench.model import ExperimentRecord, Role, Status, Verdict
from bench.provision import Servers
from bench.report import findings
from bench.runner import Silent
from bench.spec import ExperimentSpec
from bench.subject import KNOBS, reference
from tests.experiments.conftest import COUNT, STATES
from tests.experiments.test_counters import record

pytestmark = [pytest.mark.servers, pytest.mark.slow]

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "search.py"
SLOT_S = 0.4
BLOCKS = pooling.blocks_needed() + 2
"""Of those in which somebody was turned away, by a stall of the machine, Little's law is not computed."""
CRITERIA = {"pool_utilization": pool_utilization, "pool_efficiency": pool_efficiency, "pooling_gain": pooling_gain}


@asynccontextmanager
async def laid_out(servers: Servers, folder: Path, *, sizes: int, **knobs: str) -> AsyncIterator[Any]:
    """As much of a Bench as the experiment looks at, with time for a few blocks of so many sizes."""
    for name in ("samples", "leases"):
        (folder / name).mkdir(parents=True)
    workload.write(workload.record(documents(harvest(), COUNT, 7), 200, 7), folder / "w.jsonl", seed=7, corpus="tests")
    budget_s = (sizes + 1) * BLOCKS * (SLOT_S + OVERHEAD_S) + 0.1
    asked = SimpleNamespace(locustfile=LOCUSTFILE, arrivals="poisson", load=0.3, warmup_s=1.0, probe_s=0.5)
    with Custody.open(folder / "leases") as custody:
        yield SimpleNamespace(
            draft=Draft(),
            timing=ExperimentSpec(budget_s=budget_s, slot_s=SLOT_S, discard_s=0.1),
            seed=7,
            servers=servers,
            databases={role: servers.postgres.dsn(STATES[role].name) for role in Role},
            knobs={Role.CANDIDATE: {**dict.fromkeys(KNOBS, "on"), **knobs}},
            custody=custody,
            own=OwnProcesses([*servers.postgres.pids, *servers.redis.pids]),
            logs=folder,
            folder=SimpleNamespace(path=folder, samples=folder / "samples"),
            workload=folder / "w.jsonl",
            spec=SimpleNamespace(workload=asked),
            progress=Silent(),
            save=lambda: None,
        )


async def measured(servers: Servers, folder: Path, *, sizes: int = 4, **knobs: str) -> ExperimentRecord:
    """What the experiment left behind of a candidate with these knobs."""
    async with laid_out(servers, folder, sizes=sizes, **knobs) as bench:
        await EXPERIMENT.run(bench)
    return replace(record(bench.draft.facts), name="pool", arms=bench.draft.arms, status=Status.COMPLETE)


def verdict(name: str, found: ExperimentRecord) -> Verdict:
    """Of a criterion."""
    reading = CRITERIA[name].read({"pool": found})
    assert isinstance(reading, Reading), reading
    return margin.verdict(catalogue()[name], reading)[0]


async def test_a_candidate_without_the_tuned_pool_gains_nothing(servers: Servers, tmp_path: Path) -> None:
    """With `pool` and `reset` off asyncpg's pool is held against itself: no gain, and resets spoil the efficiency."""
    for attempt in ("first", "second"):
        found = await measured(servers, tmp_path / attempt, sizes=1, pool="off", reset="off")
        assert {arm.name for arm in found.arms} == {f"pool-{BASIC_SIZE}", pooling.BASIC}
        assert all((arm.knobs["pool"], arm.knobs["reset"]) == ("off", "off") for arm in found.arms)
        assert verdict("pool_efficiency", found) is not Verdict.PASS
        assert any("The candidate's knob `pool` is off" in sentence for sentence in findings.of(found))
        # An interval that holds 19 times in 20 may miss once.
        if verdict("pooling_gain", found) is not Verdict.PASS:
            return
    raise AssertionError("twice a gain of what is the same")


async def test_the_candidates_own_pool_is_measured_and_proven(servers: Servers, tmp_path: Path) -> None:
    """Sizes of the candidate's pool, every other knob as it is; its counters agree with what the generator was told."""
    found = await measured(servers, tmp_path / "run", indexes="off", reset="off")
    assert {arm.name for arm in found.arms} == {"pool-2", "pool-3", "pool-5", "pool-8", pooling.BASIC}
    knobs = {arm.name: (arm.knobs["pool"], arm.knobs["reset"], arm.knobs["cache"]) for arm in found.arms}
    assert knobs.pop(pooling.BASIC) == ("off", "off", "off")
    assert set(knobs.values()) == {("on", "off", "off")}
    assert len({arm.config_hash for arm in found.arms}) == len(found.arms)
    slots = found.facts["slots"]
    assert len(slots) == 5 * BLOCKS
    for size in found.facts["sizes"]:
        little = pooling.sized(slots, size).little
        assert little is not None
        assert 0.95 < little.estimate < 1.05
    assert {slot["load"]["arm"] for slot in slots} == {arm.name for arm in found.arms}
    assert all(slot["load"]["generator_cores"] > 0 and slot["load"]["n"] > 0 for slot in slots)


async def test_a_service_that_miscounts_is_found_out(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its counters are a tenth too high on every side of the law: against the generator it does not hold."""
    monkeypatch.setattr(arms, "reference", partial(reference, module="tests.experiments.miscounting"))
    found = await measured(servers, tmp_path / "run", sizes=1, pool="off", reset="off")
    assert [s for s in findings.of(found) if s.startswith(f"Little's law does not hold for pool-{BASIC_SIZE}")]
