"""What a request costs beside its query, part by part, in the consolidated API and in the old one.

A round is a hundred times the same, so a hundred microseconds in the table are one a request.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, TypeAdapter
from pytest_benchmark.fixture import BenchmarkFixture
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.micro.conftest import Round
from service.api.legacy import middleware as legacy
from service.api.legacy.endpoints import SearchBody as LegacyBody
from service.api.metrics import Measured, RequestMetrics
from service.api.v1.access import Access
from service.api.v1.bodies import JsonBodies
from service.api.v1.limits import RateLimited
from service.api.v1.middleware import RequestId
from service.api.v1.schemas import SearchBody, SearchRequest
from service.api.v1.versioning import ApiVersion
from service.search import Found, Hit
from service.telemetry import ServerTiming

REQUESTS = 100
ROUNDS = 60
ASKED = {"q": "connection pool", "workspace": "team-1", "technology": "python", "limit": "20", "offset": "0"}
BODY = json.dumps({**ASKED, "limit": 20, "offset": 0}).encode()
WHEN = datetime(2026, 1, 31, tzinfo=UTC)
PAGE = Found(
    600,
    tuple(Hit(n, f"Title of number {n}", "team-1", "python", WHEN, "A pool keeps. " * 17, 0.5) for n in range(20)),
    "WyIyMDI2LTAxLTMxVDEyOjAwOjAwKzAwOjAwIiwxNywwLjYxXQ",
)
FOUND = TypeAdapter(Found)


class HitModel(BaseModel):
    """A hit as a response model of the framework's tutorial."""

    id: int
    title: str
    workspace: str
    technology: str
    created_at: datetime
    snippet: str
    rank: float


class FoundModel(BaseModel):
    """A page as a response model."""

    total: int
    hits: list[HitModel]
    next: str | None


VALIDATORS: Mapping[str, Callable[[], object]] = {
    "v1, query string": partial(SearchRequest.model_validate, ASKED),
    "v1, body": partial(SearchBody.model_validate_json, BODY),
    "legacy, body": partial(LegacyBody.model_validate_json, BODY),
}


def _by_generic_encoder() -> bytes:
    rows = [{name: getattr(hit, name) for name in HitModel.model_fields} for hit in PAGE.hits]
    return json.dumps(jsonable_encoder({"total": PAGE.total, "results": rows, "limit": 20, "offset": 0})).encode()


def _by_response_model() -> bytes:
    return FoundModel.model_validate(PAGE, from_attributes=True).model_dump_json().encode()


ENCODERS: Mapping[str, Callable[[], bytes]] = {
    "v1": partial(FOUND.dump_json, PAGE),
    "a response model": _by_response_model,
    "legacy": _by_generic_encoder,
}


@pytest.mark.benchmark(group="validation of a search: µs per 100")
@pytest.mark.parametrize("way", VALIDATORS)
def test_validation(benchmark: BenchmarkFixture, way: str) -> None:
    """From what was sent to what the handler is given."""
    _hundred(benchmark, VALIDATORS[way])


@pytest.mark.benchmark(group="encoding of a page of 20 hits: µs per 100")
@pytest.mark.parametrize("way", ENCODERS)
def test_encoding(benchmark: BenchmarkFixture, way: str) -> None:
    """From facts to bytes."""
    assert json.loads(ENCODERS[way]())["total"] == 600
    _hundred(benchmark, ENCODERS[way])


async def answer(_: Scope, __: Receive, send: Send) -> None:
    """An application that does nothing."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


def v1_stack() -> ASGIApp:
    """All that stands around the routes of the consolidated API."""
    app: ASGIApp = answer
    for wrap in (
        JsonBodies,
        RateLimited,
        partial(Access, prefixes=("/api/v1",)),
        partial(ApiVersion, {"/api/v1": "1"}),
        RequestId,
        partial(Measured, kept=RequestMetrics(CollectorRegistry())),
        ServerTiming,
    ):
        app = wrap(app)
    return app


def legacy_stack() -> ASGIApp:
    """All that stands around the old routes."""
    app: ASGIApp = answer
    for wrap in (legacy.RequestIdMiddleware, legacy.ProcessTimeMiddleware, legacy.RequestLoggingMiddleware):
        app = wrap(app)
    return ServerTiming(Measured(app, kept=RequestMetrics(CollectorRegistry())))


MIDDLEWARE: Mapping[str, Callable[[], ASGIApp]] = {
    "none": lambda: answer,
    "v1": v1_stack,
    "legacy": legacy_stack,
}


@pytest.mark.benchmark(group="middleware around nothing: µs per 100 requests")
@pytest.mark.parametrize("which", MIDDLEWARE)
def test_middleware(measure: Callable[[Round], None], which: str) -> None:
    """A request through everything that stands around the routes."""
    app = MIDDLEWARE[which]()

    async def one_round() -> None:
        for _ in range(REQUESTS):
            await app(scope(), _receive, _send)

    measure(one_round)


def scope() -> dict[str, Any]:
    """A search as the server hands it on; whoever asks has no key, and none is needed."""
    resources = SimpleNamespace(settings=SimpleNamespace(anonymous="reader"), rate_limits=None)
    return {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/search",
        "raw_path": b"/api/v1/search",
        "query_string": b"q=connection+pool&workspace=team-1",
        "headers": [(b"host", b"127.0.0.1"), (b"accept", b"*/*"), (b"user-agent", b"micro")],
        "client": ("127.0.0.1", 1),
        "app": SimpleNamespace(state=SimpleNamespace(resources=resources)),
    }


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_: Message) -> None:
    """Nowhere."""


def _hundred(benchmark: BenchmarkFixture, one: Callable[[], object]) -> None:
    def one_round() -> None:
        for _ in range(REQUESTS):
            one()

    benchmark.pedantic(one_round, rounds=ROUNDS, warmup_rounds=10)
