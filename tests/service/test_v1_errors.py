import re
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from bench.faults.wire import Wire
from service.settings import Settings
from tests.service.running import ON, Databases, Service, running

GOOD = {"q": "event", "workspace": "team-1"}
OPERATOR = "o" * 32
KEYS = {"code", "message", "type", "timestamp", "request_id", "path"}


def envelope(response: httpx.Response) -> dict[str, Any]:
    """The error's facts, after checking that the envelope is whole."""
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    error: dict[str, Any] = body["error"]
    assert set(error) == KEYS
    assert error["request_id"] == response.headers["x-request-id"] != ""
    assert abs(datetime.fromisoformat(error["timestamp"]) - datetime.now(UTC)) < timedelta(minutes=5)
    assert error["path"] == response.request.url.path
    assert "server-timing" in response.headers
    return error


@pytest.fixture
def settings(databases: Databases) -> Settings:
    """v1 without the cache."""
    return databases.settings({**ON, "cache": "off"})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"q": ""}, "q"),
        ({"q": "   "}, "q"),
        ({"q": None}, "q"),
        ({"q": "x" * 501}, "q"),
        ({"q": "a\0b"}, "NUL"),
        ({"workspace": None}, "workspace"),
        ({"workspace": "Team 1"}, "workspace"),
        ({"workspace": "team-1\n"}, "workspace"),
        ({"technology": "Python!"}, "technology"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": 10_001}, "offset"),
        ({"sort": "rank"}, "sort"),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_wrong_request_is_a_validation_error(
    changes: dict[str, Any], named: str, method: str, settings: Settings
) -> None:
    """Everything is bounded and unknown keys are refused; the message names what is wrong."""
    asked = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    async with running(settings) as service:
        response = await (service.get("/search", **asked) if method == "GET" else service.post("/search", asked))
    assert response.status_code == 400
    error = envelope(response)
    assert (error["code"], error["type"]) == ("VALIDATION_ERROR", "ValidationError")
    assert named in error["message"]


async def test_hybrid_search_takes_no_cursor(settings: Settings) -> None:
    """Its pages are walked by offset: a cursor that was passed over would answer the first page for ever."""
    async with running(settings) as service:
        cursor = (await service.get("/search", **GOOD, limit=1)).json()["next"]
        response = await service.get("/search/hybrid", **GOOD, limit=1, cursor=cursor)
    assert cursor is not None
    assert response.status_code == 400
    error = envelope(response)
    assert (error["code"], error["message"].partition(":")[0]) == ("VALIDATION_ERROR", "cursor")


async def test_a_right_request_is_none(settings: Settings) -> None:
    """The base of the wrong requests is answered: each of them fails by its one change."""
    async with running(settings) as service:
        assert (await service.get("/search", **GOOD)).status_code == 200
        assert (await service.post("/search", GOOD)).status_code == 200


async def test_json_has_numbers(settings: Settings) -> None:
    """A number in quotes is a mistake in a body, and the only way to write one in a query string."""
    async with running(settings) as service:
        assert (await service.get("/search", **GOOD, limit="3")).status_code == 200
        assert envelope(await service.post("/search", {**GOOD, "limit": "3"}))["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"q"', b"\xff\xfe", b'{"q": "\\ud800", "workspace": "team-1"}', b"[" * 60_000],
    ids=lambda body: repr(body[:12]),
)
async def test_a_body_that_is_no_request_is_a_validation_error(body: bytes, settings: Settings) -> None:
    """Broken JSON, other JSON, lone surrogates and bottomless nesting are the client's mistake."""
    async with running(settings) as service:
        response = await service.client.post(
            "/api/v1/search", content=body, headers={"content-type": "application/json"}
        )
    assert response.status_code == 400
    assert envelope(response)["code"] == "VALIDATION_ERROR"


async def test_unknown_paths_and_methods_use_the_envelope(settings: Settings) -> None:
    """The framework's own errors are the commonest; they have no other shape. A path is told without its query."""
    async with running(settings) as service:
        missing = await service.client.get("/api/v1/nothing?token=secret")
        assert missing.status_code == 404
        assert envelope(missing)["type"] == "NotFoundError"
        assert "secret" not in missing.text
        wrong = await service.client.delete("/api/v1/search")
        assert wrong.status_code == 405
        assert envelope(wrong)["type"] == "MethodNotAllowedError"
        assert wrong.headers["allow"] == "GET, POST"


@pytest.mark.parametrize("path", ["/search", "/stats", "/admin/search-content"])
async def test_a_parameter_that_is_given_twice_is_refused(path: str, databases: Databases) -> None:
    """Which of the two is meant nobody can tell; the message says which parameter it is."""
    async with running(databases.settings({**ON, "cache": "off"}, admin_key=OPERATOR)) as service:
        asked = f"{service.prefix}{path}?q=one&workspace=team-1&q=two"
        response = await service.client.get(asked, headers={"X-API-Key": OPERATOR})
    assert response.status_code == 400
    assert envelope(response)["message"] == "q: Given more than once"


async def test_an_unforeseen_error_leaks_nothing(databases: Databases, own_copy: str) -> None:
    """When a column is gone the client learns that the service failed, and not how; the log has the request's id."""
    settings = databases.settings({**ON, "cache": "off"}, database_url=own_copy)
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with running(settings) as service:
            connection = await asyncpg.connect(own_copy)
            await connection.execute("ALTER TABLE documents RENAME COLUMN workspace_id TO renamed")
            await connection.close()
            response = await service.get("/search", **GOOD)
    assert response.status_code == 500
    error = envelope(response)
    assert (error["code"], error["message"]) == ("INTERNAL_ERROR", "The service failed to answer.")
    assert "documents" not in response.text
    (line,) = lines
    assert (line["log_level"], line["request_id"]) == ("error", error["request_id"])
    assert "workspace_id does not exist" in str(line["exc_info"])


async def test_a_table_that_is_gone_is_unavailable(databases: Databases, own_copy: str) -> None:
    """Migrations may have taken it and may bring it back: a 503 with a time to come again, a warning, and no leak."""
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with running(databases.settings({**ON, "cache": "off"}, database_url=own_copy)) as service:
            connection = await asyncpg.connect(own_copy)
            await connection.execute("ALTER TABLE documents RENAME TO taken; ALTER TABLE api_keys RENAME TO taken_too")
            await _assert_unavailable(service)
            keyed = await service.get("/search", headers={"X-API-Key": "of-somebody"}, **GOOD)
            assert (keyed.status_code, envelope(keyed)["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert "api_keys" not in keyed.text
            await connection.execute("ALTER TABLE taken RENAME TO documents; ALTER TABLE taken_too RENAME TO api_keys")
            await connection.close()
            assert (await service.get("/search", **GOOD)).status_code == 200
    assert {line["log_level"] for line in lines} == {"warning"}
    assert "api_keys" in str(lines[-1]["reason"])


async def test_a_client_s_mistake_is_not_logged(settings: Settings) -> None:
    """The log is for what the service should do better."""
    with capture_logs() as lines:
        async with running(settings) as service:
            assert (await service.get("/search")).status_code == 400
            assert (await service.get("/nothing")).status_code == 404
    assert lines == []


async def test_a_lost_database_is_unavailable_and_comes_back(settings: Settings) -> None:
    """While PostgreSQL cannot be reached, answers are 503 with Retry-After; after, the same process goes on."""
    async with (
        Wire(settings.database_url.get_secret_value()) as wire,
        running(settings.model_copy(update={"database_url": SecretStr(wire.url)})) as service,
    ):
        assert (await service.get("/search", **GOOD)).status_code == 200
        await wire.cut()
        for _ in range(settings.pool_size + 1):
            await _assert_unavailable(service)
        ready = await service.client.get("/health/ready")
        assert (ready.status_code, ready.json()["dependencies"]["database"]) == (503, "unhealthy")
        health = await service.get("/health")
        assert (health.status_code, health.json()) == (503, ready.json())
        assert [int(answer.headers["retry-after"]) for answer in (ready, health)] == [1, 1]
        assert (await service.client.get("/health/live")).status_code == 200
        await wire.mend()
        assert (await service.get("/search", **GOOD)).status_code == 200
        assert (await service.client.get("/health/ready")).status_code == 200


async def test_a_silent_database_is_unavailable(databases: Databases) -> None:
    """A server that accepts and never answers is given up after the command's deadline."""
    settings = databases.settings({**ON, "cache": "off"}, command_timeout_s=1.0)
    async with (
        Wire(settings.database_url.get_secret_value()) as wire,
        running(settings.model_copy(update={"database_url": SecretStr(wire.url)})) as service,
    ):
        wire.mode = "silent"
        await _assert_unavailable(service)
        await wire.cut()


@pytest.mark.parametrize("given", ["abc-123_X.9", "x" * 128])
async def test_a_harmless_request_id_is_kept(given: str, settings: Settings) -> None:
    """A client can find its request again, in answers of every kind."""
    async with running(settings) as service:
        for path in ("/api/v1/collections", "/api/v1/nothing", "/health/live"):
            response = await service.client.get(path, headers={"X-Request-ID": given})
            assert response.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", 'a"b', "a\u00e9", "a;b"])
async def test_a_harmful_request_id_is_replaced(given: str, settings: Settings) -> None:
    """What could forge a log line or a header gets a new id."""
    async with running(settings) as service:
        response = await service.client.get("/health/live", headers={b"X-Request-ID": given.encode()})
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["x-request-id"])


async def test_the_schema_tells_answers_and_errors(settings: Settings) -> None:
    """OpenAPI names the facts and the envelope, so that clients can be generated."""
    async with running(settings) as service:
        schema = (await service.client.get("/openapi.json")).json()
    search = schema["paths"]["/api/v1/search"]["get"]["responses"]
    assert search["200"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Found"}
    assert search["4XX"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorEnvelope"}


async def _assert_unavailable(service: Service) -> None:
    response = await service.get("/search", **GOOD)
    assert response.status_code == 503
    assert envelope(response)["type"] == "ServiceUnavailableError"
    assert int(response.headers["retry-after"]) >= 1
