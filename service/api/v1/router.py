"""Put `v1` together."""

from typing import Any

from fastapi import APIRouter, FastAPI

from service.api.v1 import errors
from service.api.v1.endpoints import health, search
from service.api.v1.middleware import RequestId
from service.api.v1.schemas import ErrorEnvelope

PREFIX = "/api/v1"
ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": ErrorEnvelope} for status in (400, 404, 405, 500, 503)}


def install(app: FastAPI) -> None:
    """Add routes, middleware and error handling to an application."""
    router = APIRouter(prefix=PREFIX, responses=ERRORS)
    router.include_router(search.router)
    router.include_router(health.router)
    app.include_router(router)
    app.add_middleware(RequestId)
    errors.install(app)
