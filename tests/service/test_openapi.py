"""What the schema tells is so: examples are of their types, and thousands of requests find no answer beside it."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from service.app import create
from service.settings import load
from tests.service.running import ON, Databases, running
from tests.service.test_v1_errors import GOOD

METHODS = {"get", "post", "put", "delete", "patch"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The consolidated API's; nothing has to run for it."""
    return create(load(database_url="postgresql://nowhere/nothing")).openapi()


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, by method and path."""
    for path, item in schema["paths"].items():
        yield from ((f"{method} {path}", item[method]) for method in METHODS & set(item))


def refuted(schema: dict[str, Any], media: dict[str, Any]) -> list[str]:
    """Why the example of a body is not of its type."""
    checked = {**media["schema"], "components": schema["components"]}
    validator = jsonschema.Draft202012Validator(checked, format_checker=jsonschema.FormatChecker())
    return [error.message for error in validator.iter_errors(media["example"])]


def test_every_answer_has_an_example_of_its_type(schema: dict[str, Any]) -> None:
    """Good answers and errors, in both forms; a 204 has nothing to show."""
    seen = 0
    for name, operation in operations(schema):
        assert "422" not in operation["responses"], name
        for status, response in operation["responses"].items():
            assert status == "204" or response["content"], name
            for media in response.get("content", {}).values():
                assert refuted(schema, media) == [], f"{name} {status}"
                seen += 1
    assert seen > 60
    envelope = {"schema": {"$ref": "#/components/schemas/ErrorEnvelope"}, "example": {"error": {"code": 1}}}
    assert len(refuted(schema, envelope)) > 1


def test_every_operation_tells_its_errors(schema: dict[str, Any]) -> None:
    """Those of the operator's routes too: the envelope, whatever is asked."""
    for name, operation in operations(schema):
        for status in ("4XX", "5XX"):
            told = operation["responses"][status]["content"]["application/json"]["schema"]
            assert told == {"$ref": "#/components/schemas/ErrorEnvelope"}, name


def test_admins_may_show_their_key_in_two_ways(schema: dict[str, Any]) -> None:
    """As a header of its own or as a bearer token; each way is declared, and asked for where an admin is needed."""
    schemes = schema["components"]["securitySchemes"]
    assert {(one["type"], one.get("name"), one.get("scheme")) for one in schemes.values()} == {
        ("apiKey", "X-API-Key", None), ("http", None, "bearer"),
    }  # fmt: skip
    asking = {name for name, operation in operations(schema) if "security" in operation}
    assert asking == {
        "get /api/v1/config", "put /api/v1/config/{key}", "get /api/v1/admin/audit",
        "get /api/v1/admin/search-content", "delete /api/v1/content/{document_id}",
    }  # fmt: skip
    for name in asking:
        method, path = name.split()
        assert schema["paths"][path][method]["security"] == [{scheme: []} for scheme in schemes]


async def test_the_headers_that_are_told_are_sent(
    schema: dict[str, Any], databases: Databases, fresh_redis: str
) -> None:
    """On a good answer, on an error, and on one that says when to come again: each that the schema has, and no less."""
    settings = databases.settings({**ON, "cache": "off"}, redis_url=fresh_redis, rate_limit="2/hour")
    search = schema["paths"]["/api/v1/search"]["get"]["responses"]
    live = schema["paths"]["/health/live"]["get"]["responses"]
    async with running(settings) as service:
        answers = [await service.get("/search", **asked) for asked in (GOOD, {}, GOOD)]
        alive = await service.client.get("/health/live")
    assert [answer.status_code for answer in answers] == [200, 400, 429]
    told = {"X-Request-ID", "Server-Timing", "API-Version", "RateLimit", "RateLimit-Policy"}
    assert set(search["200"]["headers"]) == told
    assert set(search["4XX"]["headers"]) == set(search["5XX"]["headers"]) == told | {"Retry-After"}
    for answer in answers:
        assert all(name in answer.headers for name in told)
    assert ["retry-after" in answer.headers for answer in answers] == [False, False, True]
    assert set(live["200"]["headers"]) == {"X-Request-ID", "Server-Timing"}
    assert all(name in alive.headers for name in live["200"]["headers"])


def test_the_old_api_is_told_to_be_deprecated() -> None:
    """Every operation of it, with the headers that say so; health and metrics are not."""
    old = create(load(database_url="postgresql://nowhere/nothing", api="legacy")).openapi()
    told = dict(operations(old))
    deprecated = {name for name, operation in told.items() if operation.get("deprecated")}
    assert deprecated == {name for name in told if " /api/" in name} != set()
    assert "Sunset" in told["get /api/search"]["responses"]["200"]["headers"]


@pytest.mark.parametrize("path", ["/health/ready", "/api/v1/health"])
def test_who_is_not_ready_says_so_with_readiness(schema: dict[str, Any], path: str) -> None:
    """The one 503 that is no error in the envelope is told as what it is, with the time to come again."""
    answer = schema["paths"][path]["get"]["responses"]["503"]
    assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Readiness"}
    assert "Retry-After" in answer["headers"]


def test_every_operation_says_what_it_does_and_takes(schema: dict[str, Any]) -> None:
    """A sentence each; each value that must be given has an example."""
    for name, operation in operations(schema):
        assert operation["description"], name
        for parameter in operation.get("parameters", ()):
            if parameter["required"]:
                assert "examples" in parameter["schema"] or "examples" in parameter, f"{name} {parameter['name']}"
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        if body is not None:
            model = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
            for field in model["required"]:
                assert "examples" in model["properties"][field], f"{name} {field}"
