"""Routes that both APIs have: health, readiness, and the identity by which a process proves what it is."""

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from service import queries
from service.errors import DatabaseUnavailableError
from service.resources import Resources, of

RETRY_AFTER_S = 1
State = Literal["healthy", "unhealthy"]
router = APIRouter(tags=["operations"])


@dataclass(frozen=True, slots=True)
class Live:
    """The process answers."""

    status: Literal["alive"] = "alive"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Each dependency by itself."""

    database: State
    cache: State
    vector: State | None = None
    """Where there is one."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the process can do its work."""

    status: Literal["ready", "unavailable"]
    dependencies: Dependencies


@dataclass(frozen=True, slots=True)
class DatabaseIdentity:
    """The state of the database that the process really uses."""

    name: str
    columns: list[str]
    """Of the table documents."""
    indexes: list[str]
    """Valid ones, of all tables."""
    settings: list[str]
    """Of the database alone, such as `jit=off`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a process is."""

    service: str
    version: str
    pid: int
    config_hash: str
    knobs: dict[str, str]
    database: DatabaseIdentity


READINESS = {"status": "ready", "dependencies": {"database": "healthy", "cache": "healthy"}}
UNREADINESS = {"status": "unavailable", "dependencies": {"database": "unhealthy", "cache": "healthy"}}
IDENTITY = {
    "service": "docaiche",
    "version": "0.1.0",
    "pid": 4711,
    "config_hash": "f3a1b2c4d5e6f708",
    "knobs": {"api": "on", "cache": "on"},
    "database": {
        "name": "documents",
        "columns": ["id", "title"],
        "indexes": ["documents_pkey"],
        "settings": ["jit=off"],
    },
}


def told(example: object) -> dict[int | str, dict[str, Any]]:
    """What the schema tells of a good answer."""
    return {200: {"content": {"application/json": {"example": example}}}}


NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {
        "model": Readiness,
        "description": "The service cannot do its work now. No error in the envelope: who asks for readiness gets it.",
        "content": {"application/json": {"example": UNREADINESS}},
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
    }
}
"""Of both routes that tell readiness."""


@router.get("/health/live", responses=told({"status": "alive"}))
async def live() -> Live:
    """The process answers."""
    return Live()


@router.get("/health/ready", response_model_exclude_none=True, responses=told(READINESS) | NOT_READY)
async def ready(request: Request, response: Response) -> Readiness:
    """Whether the process can do its work, each dependency by itself; 503 when it cannot."""
    readiness = await check(of(request))
    if readiness.status != "ready":
        response.status_code = 503
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return readiness


@router.get("/identity", responses=told(IDENTITY))
async def identity(request: Request) -> Identity:
    """What this process is: its configuration's fingerprint, its knobs, its database's state."""
    resources, named = of(request), queries.load()

    async def names(query: str) -> list[str]:
        return [row["name"] for row in await resources.database.fetch(named[query])]

    (database,) = await names("database_name")
    return Identity(
        service="docaiche",
        version=_version(),
        pid=os.getpid(),
        config_hash=resources.settings.config_hash(),
        knobs=resources.settings.knobs(),
        database=DatabaseIdentity(
            database,
            await names("columns_of_documents"),
            await names("valid_indexes"),
            await names("database_settings"),
        ),
    )


async def check(resources: Resources) -> Readiness:
    """Ask every dependency whether it answers."""
    database = await _database_answers(resources)
    cache = await resources.answers.healthy()
    vector = None if resources.weaviate is None else _state(await resources.weaviate.ready())
    # Without the cache the service goes on, only slower; without Weaviate it searches by words alone.
    return Readiness("ready" if database else "unavailable", Dependencies(_state(database), _state(cache), vector))


async def _database_answers(resources: Resources) -> bool:
    try:
        await resources.database.fetch(queries.load()["answers"])
    except DatabaseUnavailableError:
        return False
    return True


def _state(healthy: bool) -> State:
    return "healthy" if healthy else "unhealthy"


def _version() -> str:
    try:
        return version("perflab")
    except PackageNotFoundError:
        return "unknown"
