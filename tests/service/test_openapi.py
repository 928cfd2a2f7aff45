"""What the schema tells is so: examples are of their types, and thousands of requests find no answer beside it."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from service.app import create
from service.settings import load

METHODS = {"get", "post", "put", "delete", "patch"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The consolidated API's; nothing has to run for it."""
    return create(load(database_url="postgresql://nowhere/nothing")).openapi()


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of a version, by method and path."""
    for path, item in schema["paths"].items():
        if path.startswith("/api/"):
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
