"""Hybrid search as clients see it: with Weaviate, without it, and while it fails in every way."""

import asyncio
import dataclasses
import itertools
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import SecretStr
from structlog.testing import capture_logs

from bench.faults import Counts, Fault, Shards, StandIn, shard, standing_in
from bench.faults.wire import Wire
from bench.lifetime import Custody
from service.resilience import CircuitState
from service.settings import Settings
from tests.service.running import ON, Databases, Service, parts, running
from tests.service.vector.answering import dripping

GOOD: dict[str, Any] = {"q": "event loop", "workspace": "team-1"}
LIMIT_S = 30.0
LONG_S = 600.0
HARD_FAULTS = {
    "error": Fault(mode="error"),
    "overloaded": Fault(mode="error", status=429),
    "error in a 200": Fault(mode="error", status=200),
    "reset": Fault(mode="reset"),
    "hang": Fault(mode="hang"),
    "too slow": Fault(mode="latency", latency_s=LONG_S),
}


@pytest.fixture
def settings(databases: Databases, standin: StandIn) -> Settings:
    """v1 with the stand-in; timeouts and the breaker's wait are longer than any test."""
    return databases.settings(
        ON,
        weaviate_url=standin.url,
        weaviate_timeout_s=LONG_S,
        weaviate_slow_s=LONG_S / 2,
        breaker_recovery_s=LONG_S,
        cache=False,
    )


async def hybrid(service: Service, **changes: Any) -> dict[str, Any]:
    """A hybrid search that is answered."""
    # What hangs here should fail, and say where.
    async with asyncio.timeout(LIMIT_S):
        response = await service.get("/search/hybrid", **{**GOOD, **changes})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    assert set(body) == {"source", "total", "hits"}
    return body


async def full_text(service: Service, **changes: Any) -> dict[str, Any]:
    """What full text answers to the same."""
    found = (await service.get("/search", **{**GOOD, **changes})).json()
    return {"source": "fulltext", "total": found["total"], "hits": found["hits"]}


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(LIMIT_S):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def in_flight(standin: StandIn, count: int) -> None:
    """Wait until so many requests are at the stand-in."""

    async def reached() -> bool:
        return (await standin.counts()).in_flight == count

    await until(reached)


@asynccontextmanager
async def listening(service: Service) -> AsyncIterator[int]:
    """The service on a port of its own, for clients with sockets."""
    transport = service.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(transport.app, lifespan="off", log_config=None))
        server.capture_signals = nullcontext  # type: ignore[method-assign] # they are the tests'
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield int(listener.getsockname()[1])
        server.should_exit = True
        await serving


def state(service: Service) -> CircuitState:
    """Of the circuit to Weaviate."""
    breaker = service.resources.hybrid.breaker
    assert breaker is not None
    return breaker.state


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


async def test_readiness_tells_of_weaviate_where_there_is_one(settings: Settings, databases: Databases) -> None:
    """Both paths; without Weaviate there is nothing to tell."""
    for given, told in ((settings, {"vector": "healthy"}), (databases.settings({**ON, "cache": "off"}), {})):
        async with running(given) as service:
            for response in (await service.client.get("/health/ready"), await service.get("/health")):
                assert response.json()["dependencies"] == {"database": "healthy", "cache": "healthy", **told}


@pytest.mark.parametrize(
    "fault", [HARD_FAULTS["error"], HARD_FAULTS["reset"], HARD_FAULTS["error in a 200"]], ids=lambda f: f.mode
)
async def test_errors_open_the_circuit(fault: Fault, settings: Settings, standin: StandIn) -> None:
    """Ten failures are enough; from then on Weaviate is left alone, and clients are answered all the same."""
    async with running(settings) as service:
        await standin.put(fault)
        with capture_logs() as lines:
            for _ in range(30):
                assert (await hybrid(service))["source"] == "fulltext"
        assert state(service) is CircuitState.OPEN
    assert (await standin.counts()).failed == 10
    changes = [line for line in lines if line["event"] == "circuit changed"]
    assert [(line["circuit"], line["before"], line["after"]) for line in changes] == [("weaviate", "closed", "open")]


async def test_without_the_breaker_every_request_asks(settings: Settings, standin: StandIn) -> None:
    """The negative case, and what the setting `breaker` is for: clients are answered, and Weaviate has no rest."""
    async with running(settings.model_copy(update={"breaker": False})) as service:
        assert service.resources.hybrid.breaker is None
        await standin.put(HARD_FAULTS["error"])
        for _ in range(30):
            assert (await hybrid(service))["source"] == "fulltext"
    assert (await standin.counts()).failed == 30


async def test_a_few_errors_do_not_open_it(settings: Settings, standin: StandIn) -> None:
    """A tenth of the requests fails, and each of those alone is answered from full text."""
    async with running(settings) as service:
        await standin.put(Fault(mode="error", rate=0.1, seed=1))
        sources = [(await hybrid(service))["source"] for _ in range(60)]
        assert state(service) is CircuitState.CLOSED
    counts = await standin.counts()
    assert sources.count("fulltext") == counts.failed > 0
    assert sources.count("hybrid") == counts.answered > 40


async def test_calls_that_hang_open_the_circuit(settings: Settings, standin: StandIn) -> None:
    """Each is given up after its time, and after ten of them nobody asks any more."""
    async with running(settings.model_copy(update={"weaviate_timeout_s": 0.1})) as service:
        await standin.put(HARD_FAULTS["hang"])
        for _ in range(15):
            assert (await hybrid(service))["source"] == "fulltext"
        assert state(service) is CircuitState.OPEN
    # One that was given up on its way has not come here.
    assert 0 < (await standin.counts()).seen <= 10


async def test_calls_that_still_hang_open_it_before_any_has_ended(settings: Settings, standin: StandIn) -> None:
    """Ten that are overdue are evidence enough: the eleventh does not wait for its time to pass."""
    async with running(settings) as service:
        await standin.put(HARD_FAULTS["hang"])
        hanging = [asyncio.create_task(hybrid(service)) for _ in range(10)]
        await in_flight(standin, 10)
        breaker = service.resources.hybrid.breaker
        assert breaker is not None
        # For the breaker most of their time has passed.
        breaker._clock = lambda: time.monotonic() + 0.8 * LONG_S
        assert breaker.snapshot().overdue == 10
        assert (await hybrid(service))["source"] == "fulltext"
        assert breaker.state is CircuitState.OPEN
        assert not any(task.done() for task in hanging)
        await standin.mend()
        assert {answer["source"] for answer in await asyncio.gather(*hanging)} == {"hybrid"}


async def test_calls_that_are_merely_slow_open_it(settings: Settings, standin: StandIn) -> None:
    """Weaviate answers every one of them, but each in more than half of its time: the eleventh is spared it."""
    async with running(settings) as service:
        breaker = service.resources.hybrid.breaker
        assert breaker is not None
        # Told twice in a call: for the breaker each takes 0.6 of its time.
        readings = itertools.count()
        breaker._clock = lambda: next(readings) * 0.6 * LONG_S
        breaker.config = dataclasses.replace(breaker.config, window_s=None)
        breaker.transition_to(CircuitState.CLOSED)
        sources = [(await hybrid(service))["source"] for _ in range(11)]
        assert breaker.state is CircuitState.OPEN
    assert sources == ["hybrid"] * 10 + ["fulltext"]
    assert (await standin.counts()).answered == 10


async def test_after_the_fault_hybrid_answers_again(settings: Settings, standin: StandIn) -> None:
    """An open circuit tries again after its wait, and closes."""
    async with running(settings.model_copy(update={"breaker_recovery_s": 0.05})) as service:
        await standin.put(HARD_FAULTS["reset"])

        async def opened() -> bool:
            await hybrid(service)
            return state(service) is CircuitState.OPEN

        await until(opened)
        await standin.mend()

        async def closed() -> bool:
            source = (await hybrid(service))["source"]
            return source == "hybrid" and state(service) is CircuitState.CLOSED

        await until(closed)


async def test_a_shard_that_fails_is_felt_by_its_workspaces_alone(settings: Settings, standin: StandIn) -> None:
    """One workspace has full text, another hybrid search; a third of the calls is too little to open the circuit."""
    failing = shard("team-1", 4)
    assert shard("team-2", 4) != failing
    async with running(settings) as service:
        await standin.put(Fault(mode="error", shards=Shards(of=4, failing=frozenset({failing}))))
        for _ in range(10):
            for workspace, source in (("team-2", "hybrid"), ("team-1", "fulltext"), ("team-2", "hybrid")):
                assert (await hybrid(service, workspace=workspace))["source"] == source
        assert state(service) is CircuitState.CLOSED


async def test_a_flapping_weaviate_is_used_while_it_is_up(settings: Settings, standin: StandIn) -> None:
    """Without a breaker each request takes what it meets: from full text to hybrid and back, twice."""
    async with running(settings.model_copy(update={"breaker": False})) as service:
        await standin.put(Fault(mode="reset", flap_s=0.1))
        for expected in ("hybrid", "fulltext") * 2:

            async def answers(source: str = expected) -> bool:
                return (await hybrid(service))["source"] == source

            await until(answers)


async def test_no_more_calls_than_places_are_under_way(settings: Settings, standin: StandIn) -> None:
    """Weaviate never sees more at a time than it may; whoever finds no place is answered from full text."""
    async with running(settings.model_copy(update={"weaviate_concurrency": 3})) as service:
        await standin.put(HARD_FAULTS["hang"])
        asking = {asyncio.create_task(hybrid(service)) for _ in range(20)}
        await in_flight(standin, 3)

        async def rest_is_answered() -> bool:
            return sum(task.done() for task in asking) == 17

        await until(rest_is_answered)
        assert {task.result()["source"] for task in asking if task.done()} == {"fulltext"}
        await standin.mend()
        sources = [answer["source"] for answer in await asyncio.gather(*asking)]
        # A full house is no sign of an illness.
        assert state(service) is CircuitState.CLOSED
        counts = await standin.counts()
    assert sources.count("hybrid") == 3
    assert counts == Counts(seen=3, answered=3, most_in_flight=3)


async def test_with_places_enough_more_are_under_way(settings: Settings, standin: StandIn) -> None:
    """The negative case: it is the setting that holds them back."""
    async with running(settings.model_copy(update={"weaviate_concurrency": 20})) as service:
        await standin.put(HARD_FAULTS["hang"])
        asking = [asyncio.create_task(hybrid(service)) for _ in range(20)]
        await in_flight(standin, 20)
        await standin.mend()
        assert {answer["source"] for answer in await asyncio.gather(*asking)} == {"hybrid"}


async def test_clients_that_leave_do_not_open_the_circuit(settings: Settings, standin: StandIn) -> None:
    """Thirty leave while Weaviate thinks: none counts, the places are free again, and it learns that they left."""
    async with running(settings) as service:
        for _ in range(3):
            await standin.put(HARD_FAULTS["hang"])
            asking = [asyncio.create_task(hybrid(service)) for _ in range(10)]
            await in_flight(standin, 10)
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
            await in_flight(standin, 0)
        breaker = service.resources.hybrid.breaker
        assert breaker is not None
        assert (breaker.state, breaker.snapshot().calls) == (CircuitState.CLOSED, 0)
        await standin.mend()
        answers = await asyncio.gather(*(hybrid(service) for _ in range(16)))
        assert {answer["source"] for answer in answers} == {"hybrid"}
    assert (await standin.counts()).abandoned == 30


async def test_clients_that_hang_up_do_not_open_it_either(settings: Settings, standin: StandIn) -> None:
    """Over real sockets: the server lets their requests go on to the end, and the end is what counts."""
    async with running(settings) as service, listening(service) as port:
        await standin.put(HARD_FAULTS["hang"])
        writers = []
        for _ in range(12):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /api/v1/search/hybrid?q=event&workspace=team-1 HTTP/1.1\r\nhost: x\r\n\r\n")
            writers.append(writer)
        await in_flight(standin, 12)
        for writer in writers:
            writer.transport.abort()
        await standin.mend()
        breaker = service.resources.hybrid.breaker
        assert breaker is not None

        async def all_counted() -> bool:
            return breaker.snapshot().calls == 12

        await until(all_counted)
        now = breaker.snapshot()
        assert (now.state, now.failed) == (CircuitState.CLOSED, 0)


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
