"""Search, statistics and collections as handlers that grew one by one."""

import json
import logging
from typing import Any

from fastapi import APIRouter, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from service import queries
from service.errors import DatabaseUnavailableError
from service.resources import Resources, of
from service.search.model import SNIPPET

logger = logging.getLogger(__name__)
router = APIRouter(tags=["legacy"])


class SearchBody(BaseModel):
    """The body of a search; bounds are checked, if at all, by the handler."""

    q: str
    workspace: str
    technology: str | None = None
    limit: int = 20
    offset: int = 0


@router.get("/search")
async def search_documents(
    request: Request, q: str, workspace: str, technology: str | None = None, limit: int = 20, offset: int = 0
) -> Any:  # untyped answers are this API's habit: the framework encodes whatever comes
    """Search the documents of a workspace."""
    if not q.strip():
        return JSONResponse({"error": "query required"}, status_code=400)
    try:
        return await _search(of(request), q, workspace, technology, limit, offset)
    except DatabaseUnavailableError as error:
        logger.error("search failed: %s", error)  # noqa: TRY400 - as it was
        return JSONResponse({"error": str(error)}, status_code=503)


@router.post("/search")
async def search_documents_post(request: Request, body: SearchBody) -> Any:
    """Search, the request in the body: a copy of the handler above with errors of another shape."""
    if not body.q.strip():
        return JSONResponse({"detail": "q must not be empty"}, status_code=422)
    try:
        return await _search(of(request), body.q, body.workspace, body.technology, body.limit, body.offset)
    except DatabaseUnavailableError as error:
        logger.error("search failed: %s", error)  # noqa: TRY400 - as it was
        return JSONResponse({"status": "error", "message": str(error)}, status_code=500)


@router.get("/stats")
async def get_stats(request: Request, workspace: str) -> Any:
    """What a workspace holds."""
    resources = of(request)
    try:
        return await _remembered(resources, "stats", {"workspace": workspace}, lambda: _stats(resources, workspace))
    except DatabaseUnavailableError as error:
        return JSONResponse({"success": False, "reason": str(error)}, status_code=500)


@router.get("/collections")
async def get_collections(request: Request) -> Any:
    """All workspaces with documents."""
    resources = of(request)
    try:
        return await _remembered(resources, "collections", {}, lambda: _collections(resources))
    except DatabaseUnavailableError as error:
        return JSONResponse({"error": str(error)}, status_code=503)


@router.get("/health")
async def get_health(request: Request) -> Any:
    """Whether the database answers."""
    resources = of(request)
    try:
        async with resources.database.connection() as connection:
            await connection.fetch(queries.load("identity")["valid_indexes"])
    except DatabaseUnavailableError:
        return JSONResponse({"status": "unhealthy"}, status_code=503)
    return {"status": "healthy", "cache": await resources.answers.healthy()}


async def _search(resources: Resources, q: str, workspace: str, technology: str | None, limit: int, offset: int) -> Any:
    asked = {"q": q, "workspace": workspace, "technology": technology, "limit": limit, "offset": offset}

    async def compute() -> dict[str, Any]:
        named = queries.load("search_stored" if resources.settings.fulltext else "search_computed")
        scope = "workspace" if technology is None else "technology"
        values = {"query": q, "workspace": workspace, "technology": technology, "limit": limit, "offset": offset}
        # The connection is borrowed for the whole of the work, with the shaping of the answer in it: the block
        # that opens it wraps everything, as handlers with a session dependency do.
        async with resources.database.connection() as connection:
            # All columns with the whole text, although the answer shows 240 characters of it: the rows come from
            # one "select the document" habit that serves every handler.
            rows = await connection.fetch(named[f"all_in_{scope}"], **values)
            # A second query for the total, which finds all matches again.
            counted = await connection.fetch(named[f"count_in_{scope}"], **values)
            results = []
            for row in rows:
                document = dict(row)
                document["snippet"] = document.pop("content")[:SNIPPET]
                results.append(document)
            return {"results": results, "total": counted[0]["total"], "limit": limit, "offset": offset}

    return await _remembered(resources, "search", asked, compute)


async def _stats(resources: Resources, workspace: str) -> dict[str, Any]:
    named = queries.load("stats_stored" if resources.settings.fulltext else "stats_computed")
    async with resources.database.connection() as connection:
        rows = await connection.fetch(named["by_technology"], workspace=workspace)
        return {"workspace": workspace, "stats": [dict(row) for row in rows]}


async def _collections(resources: Resources) -> dict[str, Any]:
    async with resources.database.connection() as connection:
        rows = await connection.fetch(queries.load("collections")["all_collections"])
        return {"collections": [dict(row) for row in rows], "count": len(rows)}


async def _remembered(resources: Resources, operation: str, asked: dict[str, Any], compute: Any) -> Any:
    """A dict for the framework to encode, decoded from the cache where there is one."""
    if not resources.settings.cache:
        return await compute()

    async def encoded() -> bytes:
        return json.dumps(jsonable_encoder(await compute())).encode()

    return json.loads(await resources.answers.get_or_compute(f"legacy:{operation}", asked, encoded))
