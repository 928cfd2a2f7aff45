"""The contract is checked over HTTP, and each check can fail."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bench.criteria import api_parity, consistent_errors, margin, single_api
from bench.criteria.catalogue import catalogue
from bench.criteria.reading import Reading, Unmeasured
from bench.environment import OwnProcesses
from bench.experiments import Draft
from bench.experiments.contract import EXPERIMENT
from bench.experiments.contract_errors import Provocation, fault, provocations, sent
from bench.experiments.contract_parity import normalised
from bench.experiments.contract_routes import answered, routes, twins
from bench.experiments.contract_sockets import told_fault
from bench.lifetime import Custody
from bench.model import Role, Verdict
from bench.provision import Servers
from bench.report import findings
from bench.runner import Silent
from bench.spec import ExperimentSpec
from bench.subject import KNOBS
from tests.experiments.conftest import STATES
from tests.experiments.test_counters import record
from tests.experiments.test_explain import requests

CRITERIA = {"api_parity": api_parity, "single_api": single_api, "consistent_errors": consistent_errors}
GOOD: dict[str, Any] = {
    "parity": {"asked": 100, "different": 0, "shown": [], "rules": {}},
    "duplicates": {"candidate": {"routes": 16, "pairs": []}},
    "errors": {"candidate": {"asked": 200, "bad": [], "kinds": []}},
}


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application in this process."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://planted") as client:
        yield client


def planted() -> FastAPI:
    """An API with an operation that is there twice, one that is not, and errors of its framework's shape."""
    app = FastAPI()

    @app.get("/api/v1/search")
    async def search(q: str) -> dict[str, Any]:
        return {"hits": [q], "total": 1}

    @app.get("/api/v1/find")
    async def find(query: str) -> dict[str, Any]:
        return {"results": [query], "total": 1, "limit": 20}

    @app.get("/api/v1/stats")
    async def stats() -> dict[str, Any]:
        return {"total": 1}

    @app.get("/api/v2/search")
    async def next_search(q: str) -> dict[str, Any]:
        return {"hits": [q], "total": 1}

    return app


def verdict(name: str, facts: dict[str, Any]) -> Verdict:
    """Of a criterion on these facts."""
    reading = CRITERIA[name].read({"contract": replace(record(facts), name="contract")})
    assert isinstance(reading, Reading)
    return margin.verdict(catalogue()[name], reading)[0]


@pytest.mark.servers
@pytest.mark.slow
async def test_the_reference_service_keeps_it(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> None:
    """All three claims hold for the candidate; the old API has operations twice and no envelope."""
    with Custody.open(tmp_path_factory.mktemp("leases")) as custody:
        bench: Any = SimpleNamespace(
            draft=Draft(),
            timing=ExperimentSpec(budget_s=1),
            servers=servers,
            databases={role: servers.postgres.dsn(STATES[role].name) for role in Role},
            knobs={role: dict.fromkeys(KNOBS, "on" if role is Role.CANDIDATE else "off") for role in Role},
            custody=custody,
            own=OwnProcesses([]),
            logs=custody.directory("contract-"),
            operations=requests(),
            progress=Silent(),
            save=lambda: None,
        )
        await EXPERIMENT.run(bench)
    facts = json.loads(json.dumps(bench.draft.facts))
    assert (facts["parity"]["different"], facts["errors"]["candidate"]["bad"]) == (0, [])
    assert {name: verdict(name, facts) for name in CRITERIA} == dict.fromkeys(CRITERIA, Verdict.PASS)
    assert len(facts["duplicates"]["baseline"]["pairs"]) == 3
    assert len(facts["errors"]["baseline"]["bad"]) == facts["errors"]["baseline"]["asked"] > 50
    provoked = set(facts["errors"]["candidate"]["kinds"])
    assert {"database away", "defect", "limit", "role", "too large", "bytes", "unknown path"} <= provoked
    compared = facts["duplicates"]["candidate"]
    assert 0 < compared["compared"] < compared["routes"]
    assert any("and were not compared" in sentence for sentence in findings.of(replace(record(facts), name="contract")))
    assert any("of 17 operations" in sentence for sentence in findings.of(replace(record(facts), name="contract")))


async def test_a_planted_duplicate_is_found() -> None:
    """Under another path, with another name for the words and for the hits; the next version is none."""
    async with client_of(planted()) as client:
        found = routes((await client.get("/openapi.json")).json())
        answers = await answered(client, found, {"q": "word", "query": "word"})
    pairs = twins(answers)
    assert len(answers) == len(found)
    assert pairs == ["/api/v1/search and /api/v1/find"]
    assert verdict("single_api", {**GOOD, "duplicates": {"candidate": {"routes": 4, "pairs": pairs}}}) is Verdict.FAIL
    assert verdict("single_api", GOOD) is Verdict.PASS


async def test_an_error_of_another_shape_is_found() -> None:
    """The framework's own answers are not the envelope, and one such route makes the claim fail."""
    async with client_of(planted()) as client:
        route = routes((await client.get("/openapi.json")).json())[0]
        asked = list(provocations(route, {}))
        faults = {one.kind: await sent(client, one) for one in asked}
    assert faults["method"] == "no envelope"
    assert faults["version"] == "status 422, not 400"
    bad = {**GOOD, "errors": {"candidate": {"asked": 200, "bad": ["method: no envelope"], "kinds": []}}}
    assert verdict("consistent_errors", bad) is Verdict.FAIL
    assert verdict("consistent_errors", GOOD) is Verdict.PASS


SOCKET = "/api/v1/ws/search"
GOOD_ERROR = {
    "code": "X", "message": "x", "type": "X", "timestamp": "2026-01-31T12:00:00Z", "request_id": "r", "path": "/p",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, ""),
        ({"request_id": "other"}, "another request id"),
        ({"path": "/p?q=secret"}, "another path"),
        ({"timestamp": "soon"}, "no timestamp"),
        ({"extra": 1}, "facts"),
    ],
    ids=str,
)
def test_every_fact_of_the_envelope_is_looked_at(change: dict[str, Any], told: str) -> None:
    """One that is wrong, or one too many, is a fault; so are another status and a missing Retry-After."""
    asked = Provocation("method", 405, "PATCH", "/p", {})
    body = json.dumps({"error": {**GOOD_ERROR, **change}}).encode()
    headers = {"content-type": "application/json", "x-request-id": "r"}
    found = fault(httpx.Response(405, headers=headers, content=body), asked)
    assert found.startswith(told)
    assert bool(found) == bool(told)
    # A message has the same facts, its socket's request id, and its socket's path.
    over_socket = json.dumps({"error": {**GOOD_ERROR, "path": SOCKET, **change}})
    assert told_fault(over_socket, {"x-request-id": "r"}).startswith(told)
    assert bool(told_fault(over_socket, {"x-request-id": "r"})) == bool(told)
    assert fault(httpx.Response(400, headers=headers, content=body), asked) == "status 400, not 405"
    away = Provocation("database away", 503, "GET", "/p", {})
    if not told:
        assert fault(httpx.Response(503, headers=headers, content=body), away) == "no Retry-After"


def test_what_was_changed_on_purpose_is_set_aside_and_nothing_else() -> None:
    """Names, echoes and ways to write a moment; another rank, another order and another document are not."""
    before = {"id": 1, "workspace_id": "t", "created_at": "2026-01-01T00:00:00+00:00", "rank": 0.5}
    after = {"id": 1, "workspace": "t", "created_at": "2026-01-01T00:00:00Z", "rank": 0.5}
    old, new = {"results": [before], "limit": 9}, {"hits": [after], "next": "c"}
    assert normalised(old) == normalised(new)
    for change in ({"id": 2}, {"rank": 0.6}, {"created_at": "2026-01-02T00:00:00Z"}):
        assert normalised(old) != normalised({**new, "hits": [{**after, **change}]})
    assert normalised({"hits": [1, 2]}) != normalised({"hits": [2, 1]})
    one_differs = {**GOOD, "parity": {**GOOD["parity"], "different": 1, "shown": [{"request": {"op": "search"}}]}}
    assert verdict("api_parity", one_differs) is Verdict.FAIL
    assert verdict("api_parity", GOOD) is Verdict.PASS


@pytest.mark.parametrize("name", CRITERIA)
def test_what_was_not_looked_at_is_not_measured(name: str) -> None:
    """An experiment that was cut off has no verdict on what it did not come to."""
    reading = CRITERIA[name].read({"contract": replace(record({}), name="contract")})
    assert isinstance(reading, Unmeasured)
    assert "contract" in reading.reason


async def test_a_service_that_says_nothing_is_no_duplicate() -> None:
    """Empty answers are alike and prove nothing."""
    app = FastAPI()

    async def empty(_: Request) -> Response:
        await asyncio.sleep(0)
        return JSONResponse({})

    for path in ("/api/v1/a", "/api/v1/b"):
        app.add_api_route(path, empty, response_model=None)
    async with client_of(app) as client:
        assert await answered(client, routes((await client.get("/openapi.json")).json()), {}) == []
