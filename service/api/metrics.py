"""What every request costs, as Prometheus reads it, and the page on which it does.

The names are OpenTelemetry's semantic conventions for HTTP servers, in Prometheus's form.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.resources import of

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: from an answer out of the cache to the longest that a query may take."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
ELSEWHERE = "unmatched"
"""The route of paths that do not exist: one label for all, however many a scanner tries."""
EXAMPLE = "# HELP http_server_active_requests Requests under way.\nhttp_server_active_requests 1.0\n"
TOLD: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": EXAMPLE}}}
}
router = APIRouter(tags=["operations"])


@router.get("/metrics", response_class=Response, responses=TOLD)
async def metrics(request: Request) -> Response:
    """All metrics of this process, in Prometheus's text format."""
    # Written in the loop: some milliseconds, every fifteen seconds; a thread would have to lock what it reads.
    return Response(generate_latest(of(request).metrics), media_type=CONTENT_TYPE_LATEST)


def watch_sockets(registry: CollectorRegistry, count: Callable[[], int]) -> None:
    """Tell how many WebSockets are open; `count` is asked whenever somebody reads the page."""
    Gauge("http_server_open_websockets", "Open WebSockets.", registry=registry).set_function(count)


class RequestMetrics:
    """How many requests are under way, and how long those took that ended, by method, route and status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.active = Gauge("http_server_active_requests", "Requests under way.", registry=registry)
        self.duration = Histogram(
            "http_server_request_duration_seconds",
            "Duration of requests, to the last byte of the answer.",
            ["http_request_method", "http_route", "http_response_status_code"],
            buckets=BUCKETS,
            registry=registry,
        )


class Measured:
    """Pure ASGI middleware that keeps `RequestMetrics`."""

    def __init__(self, app: ASGIApp, kept: RequestMetrics) -> None:
        self._app = app
        self._kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # What ends without an answer is counted as what the server makes of it.
        status = "500"

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        began = perf_counter()
        self._kept.active.inc()
        try:
            await self._app(scope, receive, watched)
        finally:
            self._kept.active.dec()
            method = scope["method"] if scope["method"] in METHODS else "_OTHER"
            self._kept.duration.labels(method, _route(scope), status).observe(perf_counter() - began)


def _route(scope: Scope) -> str:
    """The template of the path. A route knows its own part of it; what its routers put before is as in the path."""
    own: str | None = getattr(scope.get("route"), "path", None)
    if own is None:
        return ELSEWHERE
    before = scope["path"].split("/")[: -own.count("/")]
    return "/".join(before) + own
