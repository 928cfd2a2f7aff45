"""A build without an improvement, measured for real: its criterion must not pass."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bench.corpus import documents, harvest, workload
from bench.criteria import api_parity, breaker_prevention, consistent_errors, margin, single_api
from bench.criteria import rollback as rolled_back
from bench.criteria.catalogue import catalogue
from bench.criteria.reading import Evidence, Reading
from bench.environment import OwnProcesses
from bench.experiments import Draft, breaker, breaker_layout, breaker_run, contract, rollback
from bench.experiments.arms import Arm
from bench.experiments.rolled import Rolled
from bench.lifetime import Custody
from bench.model import Role, Verdict
from bench.provision import Servers
from bench.report import findings
from bench.runner import Silent
from bench.spec import ExperimentSpec
from bench.subject import KNOBS, Running
from tests.experiments.conftest import COUNT, STATES
from tests.experiments.planted import Change, changed
from tests.experiments.test_counters import record

pytestmark = [pytest.mark.servers, pytest.mark.slow]


SEARCH, SECOND = "/api/v1/search", "/api/v1/find"


@pytest.fixture
def bench(servers: Servers, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """As much of a Bench as these experiments use, with every improvement in the candidate."""
    (tmp_path / "samples").mkdir()
    operations = workload.record(documents(harvest(), COUNT, 7), 300, 7)
    workload.write(operations, tmp_path / "workload.jsonl", seed=7, corpus="tests")
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody:
        yield SimpleNamespace(
            draft=Draft(),
            timing=ExperimentSpec(budget_s=1),
            seed=7,
            servers=servers,
            databases={role: servers.postgres.dsn(STATES[role].name) for role in Role},
            knobs={role: dict.fromkeys(KNOBS, "on" if role is Role.CANDIDATE else "off") for role in Role},
            custody=custody,
            own=OwnProcesses([]),
            logs=tmp_path,
            folder=SimpleNamespace(path=tmp_path, samples=tmp_path / "samples"),
            workload=tmp_path / "workload.jsonl",
            spec=SimpleNamespace(workload=SimpleNamespace(arrivals="poisson")),
            operations=operations,
            progress=Silent(),
            save=lambda: None,
        )


def verdict(criterion: Any, bench: Any) -> Verdict:
    """What the criterion says of what was measured; that it was measured at all is asserted."""
    facts = json.loads(json.dumps(bench.draft.facts))
    name = criterion.EXPERIMENT
    evidence: Evidence = {name: replace(record(facts), name=name)}
    reading = criterion.read(evidence)
    assert isinstance(reading, Reading), reading
    return margin.verdict(catalogue()[criterion.__name__.rpartition(".")[2]], reading)[0]


def defective(other: str, broken: str) -> Change:
    """One search has another total, one is answered with 500, one route has its framework's own errors."""

    def defect(request: Request, answer: Response) -> Response:
        where = (request.method, request.url.path)
        # The recorded searches name a limit.
        asked = request.query_params.get("q") if "limit" in request.query_params else None
        if where == ("GET", "/openapi.json"):
            schema = json.loads(answer.body)
            schema["paths"][SECOND] = {"get": schema["paths"][SEARCH]["get"]}
            return JSONResponse(schema)
        if where == ("GET", SEARCH) and asked == broken:
            return JSONResponse({"detail": "a defect"}, 500)
        if where == ("GET", SEARCH) and asked == other:
            return JSONResponse({**json.loads(answer.body), "total": -1})
        if where == ("PATCH", "/api/v1/stats"):
            return JSONResponse({"detail": "Method Not Allowed"}, 405)
        return answer

    return defect


def first_path(asked: str) -> str:
    """The planted path does what the first one does."""
    return SEARCH if asked == SECOND else asked


async def test_a_build_without_its_contract_fails_all_three_claims(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One other answer, one 500, an operation under a second path, one error of the framework's own shape."""
    words = [one for one in dict.fromkeys(bench.operations) if one.op == "search" and one.method == "GET"]
    other, broken = words[0].q, next(one.q for one in words if one.q != words[0].q)

    defect = defective(other, broken)
    original_arms, original_failing = contract.arms, contract.failing

    @asynccontextmanager
    async def arms(bench: Any) -> AsyncIterator[dict[Role, Arm]]:
        async with original_arms(bench) as started:
            after = started[Role.CANDIDATE]
            async with changed(after.running, defect, first_path) as seen:
                yield {**started, Role.CANDIDATE: replace(after, running=seen)}

    @asynccontextmanager
    async def failing(bench: Any, spoilt: str) -> AsyncIterator[dict[str, Running]]:
        async with (
            original_failing(bench, spoilt) as services,
            changed(services["keyed"], defect, first_path) as seen,
        ):
            yield {**services, "keyed": seen}

    async def no_sockets(_: dict[str, str]) -> list[tuple[str, str, str]]:
        await asyncio.sleep(0)
        return []

    monkeypatch.setattr(contract, "arms", arms)
    monkeypatch.setattr(contract, "failing", failing)
    # The proxy speaks HTTP alone.
    monkeypatch.setattr(contract.contract_sockets, "faults", no_sockets)
    monkeypatch.setattr(contract, "FEWEST", 15)
    await contract.EXPERIMENT.run(bench)
    facts = bench.draft.facts
    told = [(one["request"]["q"], one["after"]) for one in facts["parity"]["shown"]]
    assert {words for words, _ in told} == {other, broken}
    assert dict(told)[broken]["failed with status"] == 500
    assert facts["duplicates"]["candidate"]["pairs"] == [f"{SEARCH} and {SECOND}"]
    bad = facts["errors"]["candidate"]["bad"]
    assert "method, PATCH /api/v1/stats: no envelope" in bad
    # The second path's errors name the first one.
    assert all(SECOND in one or "/api/v1/stats" in one for one in bad)
    assert [verdict(one, bench) for one in (api_parity, single_api, consistent_errors)] == [Verdict.FAIL] * 3
    assert any("after status 500" in sentence for sentence in findings.of(replace(record(facts), name="contract")))


async def test_the_breaker_s_claim_fails_where_the_breaker_is_off(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dependency hangs in six blocks, and nothing stands between it and the other route."""
    # Shorter slots and fewer places: the same cascade in a third of the time.
    shorter = {"LEAD_S": 0.3, "FAULT_S": 0.9, "AFTER_S": 0.2, "SLOT_S": 1.4}
    for name, seconds in shorter.items():
        monkeypatch.setattr(breaker_layout, name, seconds)
        if hasattr(breaker_run, name):
            monkeypatch.setattr(breaker_run, name, seconds)
    monkeypatch.setattr(breaker, "SCENARIO", {**breaker.SCENARIO, "most_requests": "16"})
    runs = breaker_prevention.FEWEST_BLOCKS * len(breaker_prevention.CORE)
    bench.timing = ExperimentSpec(budget_s=runs * (1.4 + breaker_layout.OVERHEAD_S) + 0.1)
    bench.knobs[Role.CANDIDATE]["breaker"] = "off"
    for _ in range(2):
        bench.draft = Draft()
        await breaker.EXPERIMENT.run(bench)
        facts = json.loads(json.dumps(bench.draft.facts))
        told: Evidence = {breaker_prevention.EXPERIMENT: replace(record(facts), name=breaker_prevention.EXPERIMENT)}
        # With so few places a machine that stands still cascades by itself, and then the fault has nothing to add.
        if isinstance(breaker_prevention.read(told), Reading):
            break
    assert verdict(breaker_prevention, bench) in {Verdict.FAIL, Verdict.INCONCLUSIVE}


async def test_a_way_back_that_leads_elsewhere_fails(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An undo that leaves another index than there was before, and a migration that cannot be taken back."""

    async def tune(dsn: str, knobs: Sequence[str], *, direction: str) -> None:
        # It changes something, each time; what it has to bring back it does not.
        connection = await asyncpg.connect(dsn)
        await connection.execute(f"CREATE INDEX left_by_{direction} ON documents (title)")
        await connection.close()

    original_rolled = rollback.rolled

    @asynccontextmanager
    async def rolled(bench: Any, database_url: str) -> AsyncIterator[Rolled]:
        connection = await asyncpg.connect(database_url)
        await connection.execute("CREATE VIEW held AS SELECT * FROM content_version")
        await connection.close()
        async with original_rolled(bench, database_url) as service:
            yield service

    monkeypatch.setattr(rollback, "tune", tune)
    monkeypatch.setattr(rollback, "rolled", rolled)
    monkeypatch.setattr(rollback, "AROUND", 10)
    await rollback.EXPERIMENT.run(bench)
    performed = bench.draft.facts["procedures"]
    assert {name: (one["done"], one["undone"]) for name, one in performed.items()} == {
        "api": (True, True),
        "migrations": (False, False),
        "pool": (True, True),
        "indexes": (True, False),
    }
    assert "migrate down" in performed["migrations"]["reason"]
    assert verdict(rolled_back, bench) is Verdict.FAIL
