"""Put `v1` together."""

from functools import partial
from typing import Any

from fastapi import APIRouter

from service.api.application import Application
from service.api.v1 import errors
from service.api.v1.access import Access
from service.api.v1.bodies import JsonBodies
from service.api.v1.endpoints import admin, config, content, health, search
from service.api.v1.limits import RateLimited
from service.api.v1.middleware import RequestId
from service.api.v1.schemas import ErrorEnvelope, Problem
from service.api.v1.versioning import ApiVersion

PREFIX = "/api/v1"
STATUSES = (400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503)
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorEnvelope, "content": {"application/problem+json": {"schema": Problem.model_json_schema()}}}
    for status in STATUSES
}


def install(app: Application) -> None:
    """Add routes, middleware and error handling to an application."""
    router = APIRouter(prefix=PREFIX, responses=ERRORS)
    for endpoints in (search, content, config, admin, health):
        router.include_router(endpoints.router)
    app.include_router(router)
    errors.install(app)
    # From the inside out: refusals, too, carry the version and the request's id.
    app.outermost.extend(
        [JsonBodies, RateLimited, partial(Access, prefix=PREFIX), partial(ApiVersion, prefix=PREFIX), RequestId]
    )
