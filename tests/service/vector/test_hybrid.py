"""Hybrid search as clients see it: with Weaviate, without it, and while it fails in every way."""

import asyncio
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bench.faults import Fault, StandIn, standing_in
from bench.faults.wire import Wire
from bench.lifetime import Custody
from service.resilience import CircuitState
from service.settings import Settings
from service.vector import client as vector_client
from tests.service.running import ON, Databases, parts, running
from tests.service.vector.answering import dripping
from tests.service.vector.asking import GOOD, HARD_FAULTS, full_text, hybrid, in_flight, state, until


async def test_weaviate_says_which_and_postgresql_what(settings: Settings) -> None:
    """The hits are those of full text, in Weaviate's order and with its scores; nobody knows how many there are."""
    async with running(settings) as service:
        answer = await hybrid(service, limit=100)
        known = {hit["id"]: hit for hit in (await full_text(service, limit=100))["hits"]}
    assert (answer["source"], answer["total"]) == ("hybrid", None)
    ranks = [(hit["rank"], hit["id"]) for hit in answer["hits"]]
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0][0] == 1
    same = [hit for hit in answer["hits"] if hit["id"] in known]
    assert len(same) > 2
    for hit in same:
        assert {**hit, "rank": 0} == {**known[hit["id"]], "rank": 0}


async def test_filters_and_pages_are_weaviate_s(settings: Settings) -> None:
    """Two pages are one page of twice the length; a technology leaves no other in."""
    async with running(settings) as service:
        whole = await hybrid(service, technology="asyncio", limit=6)
        halves = [await hybrid(service, technology="asyncio", limit=3, offset=offset) for offset in (0, 3)]
        nothing = await hybrid(service, q="zyzzyva")
    assert [hit for half in halves for hit in half["hits"]] == whole["hits"]
    assert {hit["technology"] for hit in whole["hits"]} == {"asyncio"}
    assert nothing == {"source": "hybrid", "total": None, "hits": []}


async def test_without_weaviate_full_text_answers(databases: Databases) -> None:
    """The setting is optional: the same hits as from `/search`, and the answer says so."""
    async with running(databases.settings({**ON, "cache": "off"})) as service:
        for changes in ({}, {"technology": "asyncio", "limit": 3, "offset": 2}, {"q": "zyzzyva"}):
            assert await hybrid(service, **changes) == await full_text(service, **changes)


@pytest.mark.parametrize("fault", HARD_FAULTS.values(), ids=HARD_FAULTS)
async def test_whatever_fails_full_text_answers(fault: Fault, settings: Settings, standin: StandIn) -> None:
    """A client gets an answer of status 200 that says where it is from; after the fault, Weaviate's again."""
    async with running(settings.model_copy(update={"weaviate_timeout_s": 0.2})) as service:
        await standin.put(fault)
        assert await hybrid(service) == await full_text(service)
        assert state(service) is CircuitState.CLOSED
        await standin.mend()

        async def answers_again() -> bool:
            return (await hybrid(service))["source"] == "hybrid"

        await until(answers_again)


async def test_an_answer_that_drips_is_given_up(settings: Settings) -> None:
    """A byte now and then keeps a connection alive, but not the request: the whole answer has its time."""
    async with (
        dripping() as url,
        running(settings.model_copy(update={"weaviate_timeout_s": 0.3, "weaviate_url": url})) as service,
    ):
        assert (await hybrid(service))["source"] == "fulltext"


async def test_what_is_only_slower_is_waited_for(settings: Settings, standin: StandIn) -> None:
    """The negative case: within its time Weaviate may take as long as it likes."""
    async with running(settings) as service:
        await standin.put(Fault(mode="latency", latency_s=0.1))
        assert (await hybrid(service))["source"] == "hybrid"


async def test_a_weaviate_that_dies_is_no_outage(settings: Settings, custody: Custody, standin: StandIn) -> None:
    """The process is killed in the middle of a request: that one and the next are answered from full text."""
    async with running(settings) as service:
        await standin.put(Fault(mode="hang"))
        asking = asyncio.create_task(hybrid(service))
        await in_flight(standin, 1)
        await asyncio.to_thread(custody.end, standin.pid)
        assert (await asking)["source"] == "fulltext"
        assert (await hybrid(service))["source"] == "fulltext"
        ready = await service.client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["dependencies"] == {"database": "healthy", "cache": "healthy", "vector": "unhealthy"}


async def test_readiness_tells_of_weaviate_where_there_is_one(
    settings: Settings, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both paths; without Weaviate there is nothing to tell."""
    monkeypatch.setattr(vector_client, "READY_LIMIT_S", 10.0)
    for given, told in ((settings, {"vector": "healthy"}), (databases.settings({**ON, "cache": "off"}), {})):
        async with running(given) as service:
            for response in (await service.client.get("/health/ready"), await service.get("/health")):
                assert response.json()["dependencies"] == {"database": "healthy", "cache": "healthy", **told}


@pytest.mark.usefixtures("unannounced")
async def test_no_connection_is_held_while_weaviate_is_asked(settings: Settings, standin: StandIn) -> None:
    """With one connection in all: it is free while a call hangs, and full text uses it."""
    async with running(settings.model_copy(update={"pool_size": 1})) as service:
        await standin.put(HARD_FAULTS["hang"])
        asking = asyncio.create_task(hybrid(service))
        await in_flight(standin, 1)
        assert service.resources.database.usage().busy == 0
        assert (await service.get("/search", **GOOD)).status_code == 200
        assert not asking.done()
        await standin.mend()
        assert (await asking)["source"] == "hybrid"


@pytest.mark.parametrize(("attempts", "seen"), [(1, 1), (3, 3)])
async def test_retries_are_a_setting(attempts: int, seen: int, settings: Settings, standin: StandIn) -> None:
    """None by default."""
    async with running(settings.model_copy(update={"weaviate_attempts": attempts})) as service:
        await standin.put(HARD_FAULTS["error"])
        assert (await hybrid(service))["source"] == "fulltext"
    assert (await standin.counts()).seen == seen


async def test_a_wrong_index_shows_nobody_another_s_documents(
    settings: Settings, custody: Custody, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Weaviate takes every document for team-2's, and knows some that do not exist: only team-2's are answered."""
    async with running(settings.model_copy(update={"weaviate_url": None})) as service:
        asked = {"q": "return", "limit": 100}
        theirs, ours = [
            {hit["id"] for hit in (await full_text(service, workspace=workspace, **asked))["hits"]}
            for workspace in ("team-1", "team-2")
        ]
    assert theirs
    assert ours
    lines = [
        f'{{"id": {number}, "workspace": "team-2", "technology": "python", "text": "wrong"}}\n'
        for number in (*sorted(theirs | ours)[:90], 10**12, 2**63 - 1)
    ]
    path = tmp_path_factory.mktemp("wrong") / "documents.jsonl"
    path.write_text("".join(lines))
    async with (
        standing_in(custody, path) as wrong,
        running(settings.model_copy(update={"weaviate_url": wrong.url})) as service,
    ):
        answer = await hybrid(service, q="wrong", workspace="team-2", limit=100)
        narrow = await hybrid(service, q="wrong", workspace="team-2", technology="python", limit=100)
    assert answer["source"] == "hybrid"
    assert {hit["id"] for hit in answer["hits"]} <= ours
    assert {hit["workspace"] for hit in answer["hits"]} == {"team-2"}
    # Nor is a document of another technology, whatever Weaviate takes it for.
    assert {hit["technology"] for hit in narrow["hits"]} <= {"python"}


async def test_a_lost_database_is_not_weaviate_s_fault(settings: Settings) -> None:
    """The answer is 503, Weaviate's circuit stays closed, and nothing is asked twice."""
    async with (
        Wire(settings.database_url.get_secret_value()) as wire,
        running(settings.model_copy(update={"database_url": SecretStr(wire.url)})) as service,
    ):
        await wire.cut()
        with capture_logs() as lines:
            for _ in range(12):
                response = await service.get("/search/hybrid", **GOOD)
                assert response.status_code == 503
                assert response.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
        assert state(service) is CircuitState.CLOSED
    # The listener for announcements has lost its connection as well.
    assert {line["event"] for line in lines} - {"announcements unheard"} == {"dependency unavailable"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"q": ""}, "q"), ({"workspace": "Team 1"}, "workspace"), ({"offset": 9_901}, "offset"), ({"sort": "x"}, "sort")],
    ids=str,
)
async def test_a_wrong_request_is_refused_before_weaviate_is_asked(
    changes: dict[str, Any], named: str, settings: Settings, standin: StandIn
) -> None:
    """The bounds of `/search`; and an offset that Weaviate would refuse, which would count against it."""
    async with running(settings) as service:
        response = await service.get("/search/hybrid", **{**GOOD, **changes})
        assert (await hybrid(service, offset=9_900, limit=100))["source"] == "hybrid"
    assert response.status_code == 400
    assert named in response.json()["error"]["message"]
    assert (await standin.counts()).seen == 1


@pytest.mark.parametrize("query", ['"the event loop"', "a\\", "'); DROP TABLE documents; --", "naïve ☕ 😀", "x\ty"])
async def test_whatever_is_typed_is_searched_for(query: str, settings: Settings, standin: StandIn) -> None:
    """No text makes a query that Weaviate cannot read."""
    async with running(settings) as service:
        assert (await hybrid(service, q=query))["source"] == "hybrid"
    assert (await standin.counts()).answered == 1


async def test_weaviate_s_time_is_told_where_it_was_asked(settings: Settings) -> None:
    """In a part of its own; other answers have the five parts that they always had."""
    async with running(settings) as service:
        asked = await service.get("/search/hybrid", **GOOD)
        other = await service.get("/search", **GOOD)
    assert set(parts(asked)) == {"pool", "db", "cache", "vector", "encode", "app"}
    assert parts(asked)["vector"] > 0
    assert set(parts(other)) == {"pool", "db", "cache", "encode", "app"}


async def test_the_schema_tells_the_answer_with_an_example(settings: Settings) -> None:
    """The operation is typed, with its errors, and the example is an answer of that type."""
    from service.api.v1.endpoints.search import RANKED

    async with running(settings) as service:
        schema = (await service.client.get("/openapi.json")).json()
    responses = schema["paths"]["/api/v1/search/hybrid"]["get"]["responses"]
    good = responses["200"]["content"]["application/json"]
    assert good["schema"] == {"$ref": "#/components/schemas/Ranked"}
    example = RANKED.validate_python(good["example"])
    assert RANKED.dump_python(example, mode="json") == good["example"]
    for status in ("4XX", "5XX"):
        assert responses[status]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorEnvelope")


async def test_the_old_api_has_none(databases: Databases, standin: StandIn) -> None:
    """Hybrid search is v1's."""
    settings = databases.settings({**ON, "api": "off"}, weaviate_url=standin.url)
    async with running(settings) as service:
        assert (await service.get("/search/hybrid", **GOOD)).status_code == httpx.codes.NOT_FOUND
