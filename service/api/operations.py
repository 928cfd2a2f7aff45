"""Routes that both APIs have: health, readiness, and the identity that the lab asks for."""

import os
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from service import queries
from service.errors import DatabaseUnavailableError
from service.resources import of

router = APIRouter(tags=["operations"])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "alive"}


@router.get("/health/ready")
async def ready(request: Request) -> Response:
    """The process can do its work; each dependency by itself."""
    resources = of(request)
    parts = {"database": await _database_answers(request), "cache": await resources.answers.healthy()}
    # Without the cache the service goes on, only slower.
    usable = parts["database"]
    states = {name: "healthy" if healthy else "unhealthy" for name, healthy in parts.items()}
    body = {"status": "ready" if usable else "unavailable", "dependencies": states}
    return JSONResponse(body, status_code=200 if usable else 503)


@router.get("/identity")
async def identity(request: Request) -> dict[str, Any]:
    """What this process is: its configuration's fingerprint, its knobs, its database's state."""
    resources = of(request)
    names = queries.load("identity")
    return {
        "service": "docaiche",
        "version": _version(),
        "pid": os.getpid(),
        "config_hash": resources.settings.config_hash(),
        "knobs": resources.settings.knobs(),
        "database": {
            "name": resources.settings.database_url.get_secret_value().rpartition("/")[2].partition("?")[0],
            "columns": [row["name"] for row in await resources.database.fetch(names["columns_of_documents"])],
            "indexes": [row["name"] for row in await resources.database.fetch(names["valid_indexes"])],
        },
    }


async def _database_answers(request: Request) -> bool:
    try:
        await of(request).database.fetch(queries.load("identity")["valid_indexes"])
    except DatabaseUnavailableError:
        return False
    return True


def _version() -> str:
    try:
        return version("perflab")
    except PackageNotFoundError:
        return "unknown"
