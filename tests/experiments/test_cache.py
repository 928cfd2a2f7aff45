"""The experiment `cache` on real servers: what it sets is what is observed, and what it kills is its own."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from bench.corpus import write
from bench.environment import OwnProcesses
from bench.errors import LoadError
from bench.experiments import Draft, cache_arms, cache_filling, find
from bench.experiments.cache_layout import OFF
from bench.lab.options import LOADTESTS
from bench.lifetime import Custody
from bench.model import ExperimentRecord, Role, Status
from bench.provision import Kind, Servers
from bench.report import findings
from bench.runner import Silent
from bench.spec import ExperimentSpec, Workload
from bench.stats import outage
from bench.store import RunFolder
from bench.subject import KNOBS
from tests.experiments.conftest import STATES
from tests.experiments.test_explain import requests

CACHE = find()["cache"]
TIMING = ExperimentSpec(budget_s=16, slot_s=0.5, discard_s=0.05)
MOST = 0.8
ON = dict.fromkeys(KNOBS, "on")


@pytest.fixture
def custody(tmp_path: Path) -> Iterator[Custody]:
    """Of this test's processes."""
    with Custody.open(tmp_path / "leases") as opened:
        yield opened


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The arms wait longer than as shipped: a stall of the machine would open the circuit, or turn requests away."""
    patient = {"cache_deadline_s": "5", "acquire_queue": "100000", "acquire_timeout_s": "15"}
    monkeypatch.setattr(cache_arms, "SETTINGS", {**cache_arms.SETTINGS, **patient})


def bench_on(servers: Servers, custody: Custody, tmp_path: Path) -> Any:
    """As much of a Bench as the experiment uses."""
    workload = tmp_path / "workload.jsonl"
    write(requests(), workload, seed=7, corpus="test")
    draft = Draft()
    return SimpleNamespace(
        spec=SimpleNamespace(
            workload=Workload(locustfile=str(LOADTESTS / "search.py"), operations=300, probe_s=0.5, warmup_s=0.5)
        ),
        timing=TIMING,
        plan=CACHE.plan(TIMING, 3),
        seed=3,
        claims=(),
        folder=RunFolder.create(tmp_path / "reports", "run"),
        logs=custody.directory("cache-"),
        custody=custody,
        own=OwnProcesses([]),
        servers=servers,
        databases={role: servers.postgres.dsn(STATES[role].name) for role in Role},
        knobs=dict.fromkeys(Role, ON),
        workload=workload,
        operations=requests(),
        progress=Silent(),
        draft=draft,
        save=lambda: json.dumps(draft.facts),
        keep=lambda records: setattr(draft, "slots", records),
    )


def record(bench: Any) -> ExperimentRecord:
    """As a run keeps it, by way of JSON."""
    return ExperimentRecord(
        name="cache", question="", method="", status=Status.COMPLETE, reason="", arms=bench.draft.arms,
        looks=bench.draft.looks, slots=bench.draft.slots, effects=(), facts=json.loads(json.dumps(bench.draft.facts)),
    )  # fmt: skip


@pytest.mark.servers
@pytest.mark.slow
async def test_every_part_is_measured_on_real_servers(servers: Servers, custody: Custody, tmp_path: Path) -> None:
    """Hit ratios as they were set, one command for a hit and two for a miss, no failure when a server dies."""
    bench = bench_on(servers, custody, tmp_path)
    await CACHE.run(bench)
    found = record(bench)
    rows = found.facts["ratios"]["rows"]
    assert all(row["failed"] == row["dropped"] == 0 for row in rows)
    assert {row["hit_ratio"] for row in rows if row["level"] == OFF} == {0.0}
    none, half, full = ([row["hit_ratio"] for row in rows if row["level"] == level] for level in (0.0, 0.5, 1.0))
    assert max(none) < min(half)
    assert max(half) < min(full)
    assert set(full) == {1.0}
    for counted in found.facts["commands"].values():
        assert counted == {"missed": {"get": 1.0, "set": 1.0}, "remembered": {"get": 1.0}}

    assert {(slot.arm, slot.slot.role) for slot in found.slots} == {
        ("single", Role.BASELINE),
        ("cluster", Role.CANDIDATE),
    }
    assert all(slot.errors == 0 for slot in found.slots)

    cluster, single = (found.facts["deaths"][name] for name in ("cluster", "single"))
    for death in (cluster, single):
        assert death["openings"] >= 1
        assert death["opening"] is not None
        assert death["dropped"] == 0
        assert all(outage.failed(phases, *outage.PHASES)[0] == 0 for phases in death["groups"].values())
    # A node that dies costs the answers that it kept and no others.
    assert cluster["groups"]["killed"]["after"]["hit_ratio"] < 1 - MOST
    assert cluster["groups"]["others"]["after"]["hit_ratio"] > MOST
    assert single["groups"]["all"]["after"]["hit_ratio"] < 1 - MOST
    assert all(psutil.pid_exists(pid) for pid in servers.redis.pids)

    text = "\n".join(findings.of(found))
    assert "from 2 blocks, too few for an interval" in text
    assert "A cluster against one Redis: undecided, 2 pairs are too few for an interval." in text
    assert text.count("none of") == 2


@pytest.mark.servers
@pytest.mark.slow
async def test_servers_that_are_not_its_own_are_not_killed(servers: Servers, custody: Custody, tmp_path: Path) -> None:
    """With servers of an engine: hit ratios alone, on databases of the lab's Redis; and a sentence about the rest."""
    bench = bench_on(replace(servers, kind=Kind.DOCKER), custody, tmp_path)
    await CACHE.run(bench)
    found = record(bench)
    assert min(row["hit_ratio"] for row in found.facts["ratios"]["rows"] if row["level"] == 1.0) > MOST
    assert (found.looks, tuple(found.slots)) == ((), ())
    assert "deaths" not in found.facts
    assert set(found.facts["commands"]) == {"single"}
    assert findings.of(found)[-1].startswith("Single against cluster, and what happens when a server dies, were not")
    assert all(psutil.pid_exists(pid) for pid in servers.redis.pids)


@pytest.mark.servers
async def test_a_redis_that_keeps_nothing_in_time_is_not_measured(
    servers: Servers, custody: Custody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a deadline that no command meets, filling gives up with the count of what was kept."""
    monkeypatch.setattr(cache_arms, "SETTINGS", {"cache_ttl_s": "3600", "cache_deadline_s": "0.00001"})
    for name, instead in {"ATTEMPTS": 2, "RECOVERY_S": 0.1, "KEPT_S": 0.01}.items():
        monkeypatch.setattr(cache_filling, name, instead)
    with pytest.raises(LoadError, match=r"Redis kept 0 of \d+ answers"):
        await CACHE.run(bench_on(servers, custody, tmp_path))


@pytest.mark.servers
async def test_nothing_is_deleted_from_a_redis_of_the_user(servers: Servers, custody: Custody, tmp_path: Path) -> None:
    """An external Redis is left as it is: nothing starts, and the report says why there is nothing."""
    theirs = replace(servers, kind=Kind.EXTERNAL, redis=replace(servers.redis, disposable=False))
    bench = bench_on(theirs, custody, tmp_path)
    await CACHE.run(bench)
    found = record(bench)
    assert (found.looks, found.arms) == ((), ())
    assert findings.of(found) == (
        "The cache was not measured: the Redis is not the lab's own, and to set a hit ratio its answers have to be "
        "deleted; use --services embedded.",
    )


@pytest.mark.servers
async def test_an_arm_that_is_not_what_it_should_be_is_refused(
    servers: Servers, custody: Custody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings beside the knobs are part of the proof: with another time to live it is not the arm."""
    from bench.errors import SubjectError
    from bench.experiments import arms

    told = arms.expected

    def another(*args: Any, **options: Any) -> Any:
        return told(*args, **{**options, "fields": {"cache_ttl_s": "60"}})

    monkeypatch.setattr(arms, "expected", another)
    bench = bench_on(servers, custody, tmp_path)
    with pytest.raises(SubjectError, match="configuration hash"):
        async with cache_arms.arms(bench):
            pass


def test_each_request_is_asked_once() -> None:
    """What no cache answers is left out, and nothing comes twice."""
    asked = cache_filling.distinct(requests(), 1000)
    assert len(asked) == len(set(asked)) > 50
    assert {operation.op for operation in asked} == {"search", "stats"}
    assert len(cache_filling.distinct(requests(), 20)) == 20
    again = [replace(asked[0], method="POST"), replace(asked[0], method="GET", kind="other")]
    assert cache_filling.distinct([*asked, *again], 1000) == asked


def test_the_workload_names_the_node_that_keeps_the_answer(tmp_path: Path) -> None:
    """Behind the name that the request has anyway; without owners the names are the usual ones."""
    asked = cache_filling.distinct(requests(), 3)
    cache_filling.write(tmp_path / "w.jsonl", asked, [2, 0, 1])
    header, *lines = map(json.loads, (tmp_path / "w.jsonl").read_text().splitlines())
    assert header["workload"] == 1
    assert [line["name"][-2:] for line in lines] == ["@2", "@0", "@1"]
    cache_filling.write(tmp_path / "w.jsonl", asked)
    assert "name" not in json.loads((tmp_path / "w.jsonl").read_text().splitlines()[1])
