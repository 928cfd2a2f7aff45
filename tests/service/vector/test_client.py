"""Weaviate's answers as the service reads them, and every way in which there is none."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from bench.faults import Fault, StandIn, standing_in
from bench.faults.documents import Documents
from bench.faults.graphql import Question
from bench.lifetime import Custody, free_port
from service.errors import VectorSearchUnavailableError
from service.vector import Hybrid, Match, WeaviateClient
from tests.service.vector.answering import answering

ASKED = Hybrid("event loop", "team-1", None, 5, 0)
LONG_S = 60.0


@asynccontextmanager
async def client(url: str, *, timeout_s: float = LONG_S, key: str | None = None) -> AsyncIterator[WeaviateClient]:
    """A client of the Weaviate there."""
    secret = None if key is None else SecretStr(key)
    weaviate = WeaviateClient(url, api_key=secret, alpha=0.5, timeout_s=timeout_s, connections=4)
    yield weaviate
    await weaviate.close()


def found(*rows: object) -> bytes:
    """An answer with these rows."""
    return json.dumps({"data": {"Get": {"Document": rows}}}).encode()


def row(document_id: object = 1, score: object = "0.5") -> dict[str, object]:
    """One row of an answer."""
    return {"document_id": document_id, "_additional": {"score": score}}


async def test_identities_and_scores_come_in_weaviate_s_order(standin: StandIn, exported: Path) -> None:
    """What the stand-in's documents say to the question is what the client answers, page by page."""
    with exported.open() as lines:
        documents = Documents.read(lines)
    async with client(standin.url) as weaviate:
        for technology, limit, offset in ((None, 5, 0), ("asyncio", 3, 2), (None, 100, 9_900)):
            filters = {"workspace": "team-1"} | ({} if technology is None else {"technology": technology})
            expected = documents.search(Question("Document", "event loop", 0.5, filters, limit, offset))
            matches = await weaviate.hybrid(Hybrid("event loop", "team-1", technology, limit, offset))
            assert matches == tuple(Match(each.document_id, each.score) for each in expected)
    assert len(documents) > 100


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (found(), ()),
        (found(row(7, "0.016"), row(3, "1e-3")), (Match(7, 0.016), Match(3, 0.001))),
        (found(row(7.0, 0.5)), (Match(7, 0.5),)),
        (found(row(2.0**52)), (Match(2**52, 0.5),)),
        (found(row("7")), (Match(7, 0.5),)),
        (b'{"data": {"Get": {"Document": []}}, "errors": null, "extensions": {}}', ()),
    ],
    ids=["nothing", "scores are strings", "numbers of JSON", "large numbers", "texts", "no errors"],
)
async def test_every_form_of_a_good_answer_is_read(body: bytes, expected: tuple[Match, ...]) -> None:
    """What Weaviate may write is understood."""
    async with answering(body) as url, client(url) as weaviate:
        assert await weaviate.hybrid(ASKED) == expected


async def test_more_than_was_asked_for_is_cut() -> None:
    """A page is never longer than its limit."""
    async with answering(found(*(row(number) for number in range(50)))) as url, client(url) as weaviate:
        assert len(await weaviate.hybrid(ASKED)) == ASKED.limit


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "cannot be read"),
        (b"<html>", "cannot be read"),
        (b"[]", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"{}", "neither data nor errors"),
        (b'{"data": {"Get": {}}}', "cannot be read"),
        (b'{"data": {"Get": {"Document": null}}}', "cannot be read"),
        (found({"document_id": 1}), "cannot be read"),
        (found(row(document_id=None)), "cannot be read"),
        (found(row(document_id=2**63)), "cannot be read"),
        (found(row(document_id=1.5)), "cannot be read"),
        (found(row(document_id="1; DROP")), "cannot be read"),
        (found(row(score="NaN")), "cannot be read"),
        (b'{"errors": [{"message": "no vectorizer"}]}', "could not search: no vectorizer"),
        (b'{"data": {"Get": {"Document": []}}, "errors": [{"message": "half"}]}', "could not search: half"),
    ],
    ids=str,
)
async def test_an_answer_that_is_none_is_an_error(body: bytes, said: str) -> None:
    """What cannot be read, and errors in an answer of status 200, are failures of Weaviate's."""
    async with answering(body) as url, client(url) as weaviate:
        with pytest.raises(VectorSearchUnavailableError, match=said):
            await weaviate.hybrid(ASKED)


@pytest.mark.parametrize("status", [204, 301, 401, 422, 429, 500, 503])
async def test_another_status_is_an_error(status: int) -> None:
    """Only 200 is an answer, and redirects are not followed: the key would go along."""
    async with answering(b"" if status == 204 else found(), status) as url, client(url) as weaviate:
        with pytest.raises(VectorSearchUnavailableError, match=f"status {status}"):
            await weaviate.hybrid(ASKED)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(mode="error", status=503), "status 503"),
        (Fault(mode="error", status=200), "could not search"),
        (Fault(mode="reset"), "did not answer"),
        (Fault(mode="hang"), r"did not answer: \w+Timeout"),
        (Fault(mode="latency", latency_s=LONG_S), r"did not answer: \w+Timeout"),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
async def test_every_fault_is_the_one_error(fault: Fault, said: str, standin: StandIn) -> None:
    """Whatever is wrong with it, the caller has one exception to know; and after it, answers again."""
    # Only who is not answered needs to be given up soon.
    timeout_s = 0.3 if fault.mode in {"hang", "latency"} else LONG_S
    async with client(standin.url, timeout_s=timeout_s) as weaviate:
        await standin.put(fault)
        with pytest.raises(VectorSearchUnavailableError, match=said):
            await weaviate.hybrid(ASKED)
    await standin.mend()
    async with client(standin.url) as weaviate:
        assert await weaviate.hybrid(ASKED)


async def test_nobody_there_is_the_same_error() -> None:
    """A refused connection."""
    async with client(f"http://127.0.0.1:{free_port()}") as weaviate:
        assert not await weaviate.ready()
        with pytest.raises(VectorSearchUnavailableError, match="did not answer"):
            await weaviate.hybrid(ASKED)


async def test_the_key_is_sent_and_never_told(custody: Custody, exported: Path) -> None:
    """With it Weaviate answers; without it, or with a wrong one, it does not, and the error does not hold it."""
    async with standing_in(custody, exported, key="right-key") as standin:
        async with client(standin.url, key="right-key") as weaviate:
            assert await weaviate.hybrid(ASKED)
        for key in (None, "wrong-key"):
            async with client(standin.url, key=key) as weaviate:
                with pytest.raises(VectorSearchUnavailableError, match="401") as refused:
                    await weaviate.hybrid(ASKED)
                assert "wrong-key" not in repr(refused.value)


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, standin: StandIn) -> None:
    """Weaviate is asked directly."""
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    async with client(standin.url) as weaviate:
        assert await weaviate.hybrid(ASKED)


async def test_readiness_is_weaviate_s_own_word(standin: StandIn) -> None:
    """Its well-known path decides, under a path prefix too."""
    async with client(standin.url) as weaviate:
        assert await weaviate.ready()
    asked: list[bytes] = []
    async with answering(b"", 503, asked) as url, client(f"{url}/below") as weaviate:
        assert not await weaviate.ready()
    assert asked[0].startswith(b"GET /below/v1/.well-known/ready ")
