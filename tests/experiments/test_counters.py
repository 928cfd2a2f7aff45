"""What a request costs is counted on the real servers, for every arm, the same twice."""

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from redis.asyncio import Redis

from bench.environment import OwnProcesses
from bench.experiments import Draft, counters
from bench.experiments.counters import EXPERIMENT, FEWEST, settled
from bench.lifetime import Custody
from bench.model import ExperimentRecord, Role, Status
from bench.provision import Servers
from bench.report import findings
from bench.report.findings.counters import differing
from bench.runner import Silent
from bench.spec import ExperimentSpec
from bench.subject import KNOBS
from tests.experiments.conftest import STATES
from tests.experiments.test_explain import requests

ON = dict.fromkeys(KNOBS, "on")
OFF = dict.fromkeys(KNOBS, "off")


async def counted(servers: Servers, custody: Custody, knobs: dict[Role, dict[str, str]]) -> dict[str, Any]:
    """The facts of the experiment on three thousand documents."""
    draft = Draft()
    bench: Any = SimpleNamespace(
        draft=draft,
        timing=ExperimentSpec(budget_s=1),
        servers=servers,
        databases={role: servers.postgres.dsn(STATES[role].name) for role in Role},
        knobs=knobs,
        custody=custody,
        own=OwnProcesses([]),
        logs=custody.directory("counters-"),
        operations=requests(),
        progress=Silent(),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counters, "SETTLE_S", 0.2)  # a busy machine takes its time for what comes after an answer
        await EXPERIMENT.run(bench)
    return json.loads(json.dumps(draft.facts))  # type: ignore[no-any-return]


def record(facts: dict[str, Any]) -> ExperimentRecord:
    """As a run keeps it."""
    return ExperimentRecord(
        name="counters", question="", method="", status=Status.COMPLETE, reason="", arms=(), looks=(), slots=(),
        effects=(), facts=facts, duration_s=1.0,
    )  # fmt: skip


@pytest.mark.servers
async def test_the_tuned_arm_asks_less(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Fewer statements, fewer pages, and Redis instead; the report says so kind by kind."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody:
        knobs = {Role.BASELINE: OFF, Role.CONTROL: OFF, Role.CANDIDATE: ON}
        facts = await counted(servers, custody, knobs)
    before, after = facts["counters"]["baseline"], facts["counters"]["candidate"]
    assert set(before) == set(after) == {"collections", "search GET", "search POST", "stats"}
    assert all(count == FEWEST for kind, count in facts["requests"].items() if kind != "collections")
    for kind in before:
        assert after[kind][0]["queries"] < before[kind][0]["queries"]
        assert after[kind][0]["buffers"] < before[kind][0]["buffers"]
        assert before[kind][0]["redis_commands"] == 0 < after[kind][0]["redis_commands"]
        for arm in (before, after):
            assert {"queries", "rows", "redis_commands", "bytes"}.isdisjoint(differing(arm[kind]))
    # One to find the page, one to count; and asyncpg's reset of the connection, which is four.
    assert [one["queries"] for one in before["search GET"]] == [6.0, 6.0]
    said = findings.of(record(facts))
    (search,) = [sentence for sentence in said if sentence.startswith("search GET, per request")]
    # Of the same request twice, the second is remembered.
    assert re.search(r"statements 6 → (1|0\.\d+);", search)


@pytest.mark.servers
async def test_a_knob_that_is_off_is_seen_in_the_counts(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """With the full reset the candidate, too, runs five statements for a search; without the cache no Redis command."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody:
        spoilt = {**ON, "reset": "off", "cache": "off"}
        facts = await counted(servers, custody, {Role.BASELINE: OFF, Role.CONTROL: OFF, Role.CANDIDATE: spoilt})
    (search, _) = facts["counters"]["candidate"]["search GET"]
    assert (search["queries"], search["redis_commands"]) == (5.0, 0.0)


@pytest.mark.servers
async def test_connections_to_redis_are_no_cost_of_requests(servers: Servers) -> None:
    """When a pool opens one depends on time, so what it sends then is left out; every other command counts."""
    url = servers.redis_database(3)
    async with Redis.from_url(url) as reader:
        before = await settled(reader)
        async with Redis.from_url(url) as another:
            await another.ping()
            assert await settled(reader) == before
            await another.set("key", "value", px=1000)
            await another.get("key")
            assert await settled(reader) == before + 2


def test_a_count_that_differs_is_said() -> None:
    """It is not to be compared exactly; without the servers' counters that is said, too."""
    passes = [{"queries": 1.0, "buffers": 10.0}, {"queries": 1.0, "buffers": 11.0}]
    facts = {"counters": {"baseline": {"stats": passes}, "candidate": {"stats": passes}}, "uncounted": "No rights."}
    said = findings.of(record(facts))
    assert said[1:] == (
        "Not the same when counted again, so not to be compared exactly: pages of PostgreSQL's buffers.",
        "No rights.",
    )
    assert differing([passes[0], passes[0]]) == []
    assert len(passes) == counters.PASSES
