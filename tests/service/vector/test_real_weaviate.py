"""The real Weaviate reads the service's query as the stand-in does, where there is an engine with its image.

PERFLAB_WEAVIATE_IMAGE names the image. Unlike the images of PostgreSQL and Redis, which CI builds, it is nowhere
required: where it is missing these tests are skipped, in CI too, whatever PERFLAB_REQUIRE_DOCKER says.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from bench.lifetime import Custody
from service.errors import VectorSearchUnavailableError
from service.vector import Hybrid, WeaviateClient
from tests.faults.conftest import DOCUMENTS
from tests.service.vector.test_graphql import BREAKING_OUT

pytestmark = [pytest.mark.servers, pytest.mark.docker]

IMAGE = os.environ.get("PERFLAB_WEAVIATE_IMAGE") or "semitechnologies/weaviate:1.28.4"
PORT = 8080
READY_S = 120.0
ENVIRONMENT = {
    "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true",
    "PERSISTENCE_DATA_PATH": "/var/lib/weaviate",
    "DEFAULT_VECTORIZER_MODULE": "none",
    "CLUSTER_HOSTNAME": "node1",
}
NAMES = ("workspace", "technology")
COLLECTION: dict[str, Any] = {
    "class": "Document",
    "vectorizer": "none",
    "properties": [
        {"name": "document_id", "dataType": ["number"]},
        {"name": "text", "dataType": ["text"]},
        *({"name": name, "dataType": ["text"], "tokenization": "field"} for name in NAMES),
    ],
}


def obstacle() -> str | None:
    """Why there is no Weaviate here; None where there is."""
    from bench.provision import Images, docker

    return docker.obstacle(Images(postgres=IMAGE, redis=IMAGE))


@pytest.fixture
async def url(custody: Custody) -> AsyncIterator[str]:
    """A Weaviate in a container, on loopback, with the stand-in's documents."""
    if (reason := await asyncio.to_thread(obstacle)) is not None:
        pytest.skip(f"{reason[0].upper()}{reason[1:]}.")
    from testcontainers.core.container import DockerContainer

    from bench.provision.docker import _address, _keep_local, _remove

    container = DockerContainer(IMAGE)
    for name, value in ENVIRONMENT.items():
        container.with_env(name, value)
    _keep_local(container, PORT, custody.container_labels())
    try:
        await asyncio.to_thread(container.start)
        address = f"http://{await asyncio.to_thread(_address, container, PORT)}"
        await _fill(address)
        yield address
    finally:
        await asyncio.to_thread(_remove, container)


async def _fill(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=READY_S) as http:
        async with asyncio.timeout(READY_S):
            while not await _is_ready(http):  # noqa: ASYNC110 - a container is waited for
                await asyncio.sleep(0.1)
        (await http.post("/v1/schema", json=COLLECTION)).raise_for_status()
        for document in DOCUMENTS:
            properties = {"document_id": document["id"], **{name: document[name] for name in (*NAMES, "text")}}
            (await http.post("/v1/objects", json={"class": "Document", "properties": properties})).raise_for_status()


async def _is_ready(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/v1/.well-known/ready")).is_success
    except httpx.TransportError:
        return False


async def test_weaviate_reads_the_query_as_the_stand_in_does(url: str) -> None:
    """Filters, pages, scores, and texts that try to break out; without vectors, so with an alpha of 0."""
    async with _client(url, alpha=0.0) as weaviate:
        assert await weaviate.ready()
        found = await weaviate.hybrid(Hybrid("event loop", "team-1", None, 10, 0))
        assert {match.document_id for match in found} == {1, 2, 3}
        assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
        pages = [await weaviate.hybrid(Hybrid("event loop", "team-1", None, 1, offset)) for offset in range(4)]
        assert [match.document_id for page in pages for match in page] == [match.document_id for match in found]
        narrow = await weaviate.hybrid(Hybrid("event loop", "team-1", "postgres", 10, 0))
        assert [match.document_id for match in narrow] == [3]
        for text in BREAKING_OUT:
            assert await weaviate.hybrid(Hybrid(text, text, text, 10, 0)) == ()
            await weaviate.hybrid(Hybrid(text, "team-1", None, 10, 0))


async def test_vectors_without_a_vectorizer_are_an_error_in_a_200(url: str) -> None:
    """The negative case: Weaviate's own errors are told as the one that the service knows."""
    async with _client(url, alpha=0.5) as weaviate:
        with pytest.raises(VectorSearchUnavailableError, match="could not search"):
            await weaviate.hybrid(Hybrid("event loop", "team-1", None, 10, 0))


@asynccontextmanager
async def _client(url: str, alpha: float) -> AsyncIterator[WeaviateClient]:
    weaviate = WeaviateClient(url, alpha=alpha, timeout_s=READY_S, connections=2)
    yield weaviate
    await weaviate.close()
