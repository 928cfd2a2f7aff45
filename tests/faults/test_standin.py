"""The stand-in as a process: every mode over real HTTP, its counts, its beginning and its end."""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from bench.errors import ProvisionError
from bench.faults import Counts, Fault, Shards, StandIn, shard, standing_in
from bench.lifetime import Custody

GRAPHQL = "/v1/graphql"
LIMIT_S = 30.0


def query(workspace: str = "team-1") -> dict[str, str]:
    """A body that is answered."""
    text = """{ Get { Document(hybrid: {query: "event loop", alpha: 0.5}, where: {operator: And, operands: [
        {path: ["workspace"], operator: Equal, valueText: "WORKSPACE"}]}, limit: 5, offset: 0)
        { document_id _additional { score } } } }"""
    return {"query": text.replace("WORKSPACE", workspace)}


async def ask(client: httpx.AsyncClient, workspace: str = "team-1") -> httpx.Response:
    """Search."""
    return await client.post(GRAPHQL, json=query(workspace))


async def counted(standin: StandIn, holds: Callable[[Counts], bool]) -> Counts:
    """Wait until the counts are so."""
    async with asyncio.timeout(LIMIT_S):
        while not holds(counts := await standin.counts()):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.01)
    return counts


@pytest.fixture
async def client(standin: StandIn) -> Any:
    """Whoever asks the stand-in."""
    async with httpx.AsyncClient(base_url=standin.url, timeout=LIMIT_S, trust_env=False) as http:
        yield http


async def test_without_a_fault_it_answers_as_weaviate_does(client: httpx.AsyncClient, standin: StandIn) -> None:
    """Identities and scores, the scores as strings; ready, with a name that is not Weaviate's."""
    answer = await ask(client)
    assert answer.json() == {
        "data": {
            "Get": {
                "Document": [
                    {"document_id": 3, "_additional": {"score": "1.0"}},
                    {"document_id": 1, "_additional": {"score": "1.0"}},
                    {"document_id": 2, "_additional": {"score": "0.5"}},
                ]
            }
        }
    }
    assert (await client.get("/v1/.well-known/ready")).status_code == 200
    assert "stand-in" in (await client.get("/v1/meta")).json()["version"]
    assert await standin.counts() == Counts(seen=1, answered=1, most_in_flight=1)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"query": 1}', b'{"query": "{ Get }"}', b"\xff"], ids=repr)
async def test_what_it_cannot_read_is_an_error_in_graphql_s_way(
    body: bytes, client: httpx.AsyncClient, standin: StandIn
) -> None:
    """Status 200 with errors; it counts as nothing, since no fault had a say in it."""
    answer = await client.post(GRAPHQL, content=body)
    assert answer.status_code == 200
    assert set(answer.json()) == {"errors"}
    assert (await standin.counts()).seen == 0


async def test_errors_come_in_the_same_places_in_every_run(client: httpx.AsyncClient, standin: StandIn) -> None:
    """Three in ten, by the seed; setting the fault again begins again."""
    runs = []
    for _ in range(2):
        await standin.put(Fault(mode="error", rate=0.3, status=503, seed=7))
        runs.append([(await ask(client)).status_code for _ in range(40)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 503}
    counts = await standin.counts()
    assert (counts.seen, counts.failed) == (80, 2 * runs[0].count(503))


async def test_errors_of_status_200_have_no_data(client: httpx.AsyncClient, standin: StandIn) -> None:
    """As GraphQL tells failures."""
    await standin.put(Fault(mode="error", status=200))
    answer = await ask(client)
    assert (answer.status_code, set(answer.json())) == (200, {"errors"})


async def test_a_reset_is_a_reset(standin: StandIn) -> None:
    """The connection ends with a RST, not as if the server had hung up politely."""
    await standin.put(Fault(mode="reset"))
    assert await asyncio.to_thread(_ends, standin.url) is ConnectionResetError
    assert (await counted(standin, lambda counts: counts.in_flight == 0)).failed == 1


async def test_without_a_reset_the_connection_stays(standin: StandIn) -> None:
    """The negative case: there is an answer to read."""
    assert await asyncio.to_thread(_ends, standin.url) is None


async def test_what_hangs_is_answered_when_the_fault_is_over(client: httpx.AsyncClient, standin: StandIn) -> None:
    """Not before; and another fault ends the one before, too."""
    for end in (Fault(), Fault(mode="error")):
        await standin.put(Fault(mode="hang"))
        asking = [asyncio.create_task(ask(client)) for _ in range(5)]
        await counted(standin, lambda counts: counts.in_flight == 5)
        assert not any(task.done() for task in asking)
        await standin.put(end)
        assert {answer.status_code for answer in await asyncio.gather(*asking)} == {200}
    counts = await standin.counts()
    assert (counts.answered, counts.in_flight) == (10, 0)


@pytest.mark.parametrize("fault", [Fault(mode="hang"), Fault(mode="latency", latency_s=600)], ids=["hang", "latency"])
async def test_whoever_leaves_is_counted(fault: Fault, client: httpx.AsyncClient, standin: StandIn) -> None:
    """It does not stay in flight."""
    await standin.put(fault)
    asking = [asyncio.create_task(ask(client)) for _ in range(5)]
    await counted(standin, lambda counts: counts.in_flight == 5)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    counts = await counted(standin, lambda counts: counts.in_flight == 0)
    assert counts == Counts(seen=5, abandoned=5, most_in_flight=5)


async def test_the_base_latency_is_every_answer_s(custody: Custody, documents: Path) -> None:
    """Without any fault, a request is on its way for that long; a factor of nothing answers at once."""
    async with (
        standing_in(custody, documents, base_latency_s=600) as standin,
        httpx.AsyncClient(base_url=standin.url, timeout=LIMIT_S, trust_env=False) as client,
    ):
        asking = asyncio.create_task(ask(client))
        await counted(standin, lambda counts: counts.in_flight == 1)
        await standin.put(Fault(mode="latency", factor=0))
        assert (await ask(client)).status_code == 200
        assert not asking.done()
        asking.cancel()


async def test_one_of_four_shards_fails(client: httpx.AsyncClient, standin: StandIn) -> None:
    """By the workspace that is asked for."""
    await standin.put(Fault(mode="error", shards=Shards(of=4, failing=frozenset({shard("team-1", 4)}))))
    spared = next(name for name in map("team-{}".format, range(2, 99)) if shard(name, 4) != shard("team-1", 4))
    assert (await ask(client, "team-1")).status_code == 500
    assert (await ask(client, spared)).status_code == 200


async def test_most_in_flight_begins_again_with_a_fault(client: httpx.AsyncClient, standin: StandIn) -> None:
    """Phases of an experiment do not hide each other's peaks; other counts go on."""
    await standin.put(Fault(mode="hang"))
    asking = [asyncio.create_task(ask(client)) for _ in range(3)]
    await counted(standin, lambda counts: counts.most_in_flight == 3)
    await standin.mend()
    await asyncio.gather(*asking)
    await standin.mend()
    assert await standin.counts() == Counts(seen=3, answered=3)
    await ask(client)
    assert await standin.counts() == Counts(seen=4, answered=4, most_in_flight=1)


@pytest.mark.parametrize("body", [b"", b"{", b'{"mode": "sulk"}', b'{"mode": "error", "rate": 2}'], ids=repr)
async def test_a_wrong_fault_changes_nothing(body: bytes, client: httpx.AsyncClient, standin: StandIn) -> None:
    """One sentence, and the fault before stays."""
    await standin.put(Fault(mode="error"))
    answer = await client.post("/faults", content=body)
    assert (answer.status_code, set(answer.json())) == (422, {"error"})
    assert (await client.get("/faults")).json()["fault"]["mode"] == "error"


async def test_it_ends_with_its_context_even_while_calls_hang(custody: Custody, documents: Path) -> None:
    """No process is left, and whoever waited learns it."""
    async with httpx.AsyncClient(timeout=LIMIT_S, trust_env=False) as client:
        async with standing_in(custody, documents) as standin:
            await standin.put(Fault(mode="hang"))
            asking = asyncio.create_task(client.post(standin.url + GRAPHQL, json=query()))
            await counted(standin, lambda counts: counts.in_flight == 1)
        assert not psutil.pid_exists(standin.pid)
        with pytest.raises(httpx.TransportError):
            await asking


async def test_one_that_is_gone_does_not_obey(custody: Custody, standin: StandIn) -> None:
    """Nobody takes a fault for set that is not."""
    await asyncio.to_thread(custody.end, standin.pid)
    with pytest.raises(ProvisionError, match="does not obey"):
        await standin.mend()


@pytest.mark.parametrize(("text", "said"), [(None, "No such file"), ("{}\n", "line 1 is no document")])
async def test_what_prevents_its_start_is_said(text: str | None, said: str, custody: Custody, tmp_path: Path) -> None:
    """In its own words."""
    path = tmp_path / "documents.jsonl"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ProvisionError, match=f"did not start: .*{said}"):
        async with standing_in(custody, path):
            pass


def _ends(url: str) -> type[Exception] | None:
    """How a connection on which something was asked ends; None if an answer comes."""
    parts = urlsplit(url)
    body = json.dumps(query()).encode()
    head = b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % (GRAPHQL.encode(), len(body))
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), LIMIT_S) as connection:
        connection.sendall(head + body)
        try:
            return None if connection.recv(1) else EOFError
        except ConnectionError as error:
            return type(error)
