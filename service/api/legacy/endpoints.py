"""Search, statistics and collections as handlers that grew one by one, each with its own shape of error.

Answers are untyped dicts, which the framework's generic encoder walks value by value: nobody had to declare
anything, and adding a key is one line.
"""

import logging
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from service import queries
from service.api.legacy import reading
from service.api.legacy.connections import ConnectionDep
from service.api.legacy.encoding import EncodedRoute
from service.errors import DatabaseUnavailableError
from service.resources import of

logger = logging.getLogger(__name__)
router = APIRouter(tags=["legacy"], route_class=EncodedRoute)
MAX_LIMIT = 100


class SearchBody(BaseModel):
    """The body of a search; its bounds are left to the handler."""

    q: str
    workspace: str
    technology: str | None = None
    limit: int = 20
    offset: int = 0


@router.get("/search")
async def search_documents(
    request: Request,
    connection: ConnectionDep,
    q: str,
    workspace: str,
    technology: str | None = None,
    limit: int = 20,
    offset: int = 0,
) -> Any:
    """Search the documents of a workspace."""
    if not q.strip():
        return JSONResponse({"error": "query required"}, status_code=400)
    try:
        asked = _asked(q, workspace, technology, limit, offset)
        return await reading.search(of(request), connection, asked)
    except DatabaseUnavailableError as error:
        logger.error("search failed: %s", error)  # noqa: TRY400 - the message is all that such handlers log
        return JSONResponse({"error": "search failed"}, status_code=503)


@router.post("/search")
async def search_documents_post(request: Request, connection: ConnectionDep, body: SearchBody) -> Any:
    """Search, the request in the body: a copy of the handler above with errors of another shape."""
    if not body.q.strip():
        return JSONResponse({"detail": "q must not be empty"}, status_code=422)
    try:
        asked = _asked(body.q, body.workspace, body.technology, body.limit, body.offset)
        return await reading.search(of(request), connection, asked)
    except DatabaseUnavailableError as error:
        logger.error("search failed: %s", error)  # noqa: TRY400 - the message is all that such handlers log
        return JSONResponse({"status": "error", "message": "database error"}, status_code=500)


@router.get("/stats")
async def get_stats(request: Request, connection: ConnectionDep, workspace: str) -> Any:
    """What a workspace holds."""
    try:
        return await reading.stats(of(request), connection, workspace)
    except DatabaseUnavailableError:
        return JSONResponse({"success": False, "reason": "database"}, status_code=500)


@router.get("/collections")
async def get_collections(request: Request, connection: ConnectionDep) -> Any:
    """All workspaces with documents."""
    try:
        return await reading.collections(of(request), connection)
    except DatabaseUnavailableError:
        return JSONResponse({"error": "unavailable"}, status_code=503)


@router.get("/health")
async def get_health(request: Request) -> Any:
    """Whether the database and the cache answer."""
    resources = of(request)
    try:
        await resources.database.fetch(queries.load()["answers"])
    except DatabaseUnavailableError:
        return JSONResponse({"status": "unhealthy"}, status_code=503)
    return {"status": "healthy", "cache": await resources.answers.healthy()}


def _asked(q: str, workspace: str, technology: str | None, limit: int, offset: int) -> dict[str, Any]:
    # Out of bounds is not refused, only cut.
    limit, offset = min(max(limit, 1), MAX_LIMIT), max(offset, 0)
    return {"query": q, "workspace": workspace, "technology": technology, "limit": limit, "offset": offset}
