"""Cross-cutting concerns as `@app.middleware("http")` classes: the form that the framework's tutorial shows.

Each BaseHTTPMiddleware runs the rest of the application in a task of its own and hands every part of the
answer through a queue. One is hardly noticed; services collect them.
"""

import logging
import time

from fastapi import FastAPI, Request, Response
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from structlog.contextvars import bind_contextvars

from service.api.request_ids import chosen

logger = logging.getLogger(__name__)


class RequestIdMiddleware(BaseHTTPMiddleware):
    """Give every request an id."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Take the client's id where it is harmless, or make one; every line that the request logs has it."""
        request.state.request_id = chosen(request.headers.get("X-Request-ID", "").encode("latin-1")).decode()
        bind_contextvars(request_id=request.state.request_id)
        response = await call_next(request)
        response.headers["X-Request-ID"] = request.state.request_id
        return response


class ProcessTimeMiddleware(BaseHTTPMiddleware):
    """Tell how long a request took, as the framework's documentation does in its example."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Measure from here to the start of the answer."""
        began = time.perf_counter()
        response = await call_next(request)
        response.headers["X-Process-Time"] = str(time.perf_counter() - began)
        return response


class RequestLoggingMiddleware(BaseHTTPMiddleware):
    """Log every request."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        """Log when it is done."""
        response = await call_next(request)
        logger.info("%s %s %s", request.method, request.url.path, response.status_code)
        return response


def install(app: FastAPI) -> None:
    """Stack them."""
    for middleware in (ProcessTimeMiddleware, RequestLoggingMiddleware, RequestIdMiddleware):
        app.add_middleware(middleware)
