"""Documents once more: a second set of handlers, for a client that wanted its paths another way.

It overlaps with `endpoints`: the same operations, written again by somebody else, with errors of yet other shapes.
"""

import asyncpg
from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel

from service import queries
from service.api.legacy import reading
from service.api.legacy.connections import ConnectionDep
from service.api.legacy.encoding import EncodedRoute
from service.api.legacy.guarding import admin_of
from service.errors import DatabaseUnavailableError
from service.resources import of

router = APIRouter(prefix="/documents", tags=["legacy documents"], route_class=EncodedRoute)
PAGE = 20


class Opinion(BaseModel):
    """What somebody thinks of a document."""

    rating: int
    comment: str = ""


@router.get("/search")
async def find_documents(
    request: Request, connection: ConnectionDep, query: str, workspace: str, page: int = 1
) -> object:
    """Search a workspace, by number of the page."""
    if not query.strip():
        raise HTTPException(400, detail={"reason": "empty query"})
    asked = {
        "query": query, "workspace": workspace, "technology": None, "limit": PAGE, "offset": (max(page, 1) - 1) * PAGE,
    }  # fmt: skip
    try:
        return await reading.search(of(request), connection, asked)
    except DatabaseUnavailableError as error:
        raise HTTPException(500, detail="database error") from error


@router.get("/stats")
async def document_stats(request: Request, connection: ConnectionDep, workspace: str) -> object:
    """What a workspace holds."""
    try:
        return await reading.stats(of(request), connection, workspace)
    except DatabaseUnavailableError as error:
        raise HTTPException(500, detail="database error") from error


@router.get("/{identity}")
async def get_document(connection: ConnectionDep, identity: int) -> object:
    """A document."""
    try:
        rows = await connection.fetch(queries.load()["content_read"], id=identity)
    except DatabaseUnavailableError as error:
        raise HTTPException(500, detail="database error") from error
    if not rows:
        raise HTTPException(404, detail={"reason": "unknown document", "id": identity})
    return dict(rows[0])


@router.delete("/{identity}")
async def remove_document(request: Request, connection: ConnectionDep, identity: int) -> object:
    """Delete a document."""
    actor = await admin_of(request)
    if actor is None:
        raise HTTPException(403, detail="admins only")
    values = {"id": identity, "actor": actor, "request_id": request.state.request_id}
    try:
        rows = await connection.fetch(queries.load()["content_delete"], **values)
    except DatabaseUnavailableError as error:
        raise HTTPException(500, detail="database error") from error
    if not rows:
        raise HTTPException(404, detail={"reason": "unknown document", "id": identity})
    return {"removed": identity}


@router.post("/{identity}/feedback")
async def rate_document(connection: ConnectionDep, identity: int, body: Opinion) -> object:
    """Rate a document."""
    values = {"document_id": identity, "rating": body.rating, "comment": body.comment}
    try:
        rows = await connection.fetch(queries.load()["feedback_add"], **values)
    except (asyncpg.ForeignKeyViolationError, asyncpg.CheckViolationError) as error:
        # Whatever the database refuses is called a bad request, an unknown document too.
        raise HTTPException(400, detail="feedback refused") from error
    return {"ok": True, "id": rows[0]["id"]}
