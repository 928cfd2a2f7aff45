"""Put `v1` together."""

from typing import Any

from fastapi import APIRouter

from service.api.application import Application
from service.api.v1 import errors
from service.api.v1.endpoints import health, search
from service.api.v1.middleware import RequestId
from service.api.v1.schemas import ErrorEnvelope

PREFIX = "/api/v1"
ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorEnvelope} for status in (400, 404, 405, 500, 503)}


def install(app: Application) -> None:
    """Add routes, middleware and error handling to an application."""
    router = APIRouter(prefix=PREFIX, responses=ERRORS)
    router.include_router(search.router)
    router.include_router(health.router)
    app.include_router(router)
    errors.install(app)
    app.outermost.append(RequestId)
