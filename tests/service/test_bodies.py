"""Bodies that are not JSON, or endless; problems as RFC 9457 has them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from service.api.v1.bodies import MOST_BYTES
from tests.service.running import ON, Databases, Service, running
from tests.service.test_v1_errors import GOOD, envelope

PATH = "/api/v1/search"
JSON = {"content-type": "application/json"}


@pytest.fixture
async def service(databases: Databases) -> AsyncIterator[Service]:
    """v1 without the cache."""
    settings = databases.settings({**ON, "cache": "off"})
    async with running(settings) as started:
        yield started


@pytest.mark.parametrize("declared", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
async def test_a_body_that_is_not_declared_as_json_is_refused(service: Service, declared: str) -> None:
    """415, before anybody reads it."""
    answer = await service.client.post(PATH, content=b'{"q": "x"}', headers={"content-type": declared})
    assert answer.status_code == 415
    assert envelope(answer)["code"] == "UNSUPPORTED_MEDIA_TYPE"


async def test_where_no_body_is_sent_none_is_declared(service: Service) -> None:
    """Its lack is told where one is needed; elsewhere the method is what is wrong."""
    assert envelope(await service.client.post(PATH))["message"].startswith("body")
    assert (await service.client.put("/api/v1/stats")).status_code == 405


@pytest.mark.parametrize("declared", ["application/json", "application/json; charset=utf-8", "application/x+json"])
async def test_json_may_be_declared_in_every_usual_way(service: Service, declared: str) -> None:
    """With a charset or as a structured suffix."""
    body = httpx.Request("POST", "http://x", json=GOOD).content
    answer = await service.client.post(PATH, content=body, headers={"content-type": declared})
    assert answer.status_code == 200


async def test_a_body_that_says_it_is_too_large_is_refused(service: Service) -> None:
    """413 by its Content-Length."""
    answer = await service.client.post(PATH, content=b" " * (MOST_BYTES + 1), headers=JSON)
    assert answer.status_code == 413
    assert envelope(answer)["code"] == "CONTENT_TOO_LARGE"


async def test_a_body_of_unknown_length_is_counted(service: Service) -> None:
    """In chunks, 413 as soon as it is too much; just below the bound it is read."""

    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b" " * 1024

    fits = await service.client.post(PATH, content=chunks(MOST_BYTES // 1024), headers=JSON)
    assert fits.status_code == 400  # blanks are no JSON
    exceeds = await service.client.post(PATH, content=chunks(MOST_BYTES // 1024 + 1), headers=JSON)
    assert exceeds.status_code == 413
    envelope(exceeds)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/api/v1/search", 400, "VALIDATION_ERROR"), ("/api/v1/nowhere", 404, "NOT_FOUND")],
)
async def test_a_client_that_accepts_problems_gets_one(service: Service, path: str, status: int, code: str) -> None:
    """The envelope's facts in the members of RFC 9457, under its media type."""
    accept = {"accept": "application/problem+json, application/json;q=0.5"}
    answer = await service.client.get(path, headers=accept)
    facts = envelope(await service.client.get(path))
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["vary"] == "accept"
    assert problem["code"] == facts["code"] == code
    assert problem["detail"] == facts["message"]
    assert problem["instance"] == facts["path"] == path
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["type"] == f"urn:docaiche:problem:{code.lower().replace('_', '-')}"
    assert problem["title"] == code.replace("_", " ").capitalize()


@pytest.mark.parametrize(
    ("accept", "is_problem"),
    [
        ("application/problem+json;q=0, application/json", False),
        ("application/json, application/problem+json; Q=0.000", False),
        ("application/problem+json ; charset=utf-8 ; q=0.0", False),
        ("application/problem+json;q=0.001", True),
        ("application/problem+json;q=1", True),
        ("Application/Problem+JSON", True),
        ("application/problem+jsonp", False),
        ("application/json", False),
        ("*/*", False),
    ],
)
async def test_a_weight_of_zero_refuses_problems(service: Service, accept: str, is_problem: bool) -> None:
    """Whoever says that they take no problems gets the envelope."""
    answer = await service.client.get("/api/v1/nowhere", headers={"accept": accept})
    assert (answer.headers["content-type"] == "application/problem+json") == is_problem
