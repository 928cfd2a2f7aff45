"""Content, feedback, configuration and administration, as handlers beside those of `endpoints`."""

import logging
from typing import Any

import asyncpg
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from service import queries
from service.api.legacy.connections import ConnectionDep
from service.api.legacy.encoding import EncodedRoute
from service.api.legacy.guarding import admin_of
from service.configuration import Prefix
from service.errors import DatabaseUnavailableError

logger = logging.getLogger(__name__)
router = APIRouter(tags=["legacy"], route_class=EncodedRoute)
PAGE_SIZE = 50


class FeedbackBody(BaseModel):
    """A rating; its bounds are left to the database."""

    document_id: int
    rating: int
    comment: str = ""


class SignalBody(BaseModel):
    """What a reader did."""

    document_id: int
    kind: str
    query: str = ""
    duration_s: float | None = None


class ConfigBody(BaseModel):
    """A setting; which keys there may be is left to the database."""

    key: str
    value: str


@router.get("/content/{identity}")
async def get_content(connection: ConnectionDep, identity: int) -> Any:
    """A document with its text."""
    try:
        rows = await connection.fetch(queries.load()["content_read"], id=identity)
        return dict(rows[0]) if rows else JSONResponse({"error": "content not found"}, status_code=404)
    except DatabaseUnavailableError:
        return JSONResponse({"error": "content unavailable"}, status_code=503)


@router.delete("/content/{identity}")
async def delete_content(request: Request, connection: ConnectionDep, identity: int) -> Any:
    """Delete a document."""
    actor = await admin_of(request)
    if actor is None:
        return JSONResponse({"error": "forbidden"}, status_code=403)
    values = {"id": identity, "actor": actor, "request_id": request.state.request_id}
    try:
        rows = await connection.fetch(queries.load()["content_delete"], **values)
    except DatabaseUnavailableError:
        return JSONResponse({"error": "content unavailable"}, status_code=503)
    return {"deleted": bool(rows)}


@router.post("/feedback")
async def post_feedback(connection: ConnectionDep, body: FeedbackBody) -> Any:
    """Rate a document."""
    try:
        rows = await connection.fetch(queries.load()["feedback_add"], **body.model_dump())
    except asyncpg.PostgresError as error:
        logger.error("feedback failed: %s", error)  # noqa: TRY400 - the message is all that such handlers log
        return JSONResponse({"success": False, "error": "invalid feedback"}, status_code=422)
    return {"success": True, "id": rows[0]["id"], "created_at": rows[0]["created_at"]}


@router.post("/signals")
async def post_signal(connection: ConnectionDep, body: SignalBody) -> Any:
    """Tell what a reader did."""
    try:
        rows = await connection.fetch(queries.load()["signal_add"], **body.model_dump())
    except asyncpg.PostgresError as error:
        logger.error("signal failed: %s", error)  # noqa: TRY400
        return JSONResponse({"success": False, "error": "invalid signal"}, status_code=422)
    return {"success": True, "id": rows[0]["id"], "created_at": rows[0]["created_at"]}


@router.get("/config")
async def get_config(request: Request, connection: ConnectionDep) -> Any:
    """All settings as one dict."""
    if await admin_of(request) is None:
        return JSONResponse({"error": "forbidden"}, status_code=403)
    rows = await connection.fetch(queries.load()["configuration_all"])
    return {row["key"]: row["value"] for row in rows}


@router.post("/config")
async def set_config(request: Request, connection: ConnectionDep, body: ConfigBody) -> Any:
    """Write a setting; the last one wins."""
    actor = await admin_of(request)
    if actor is None:
        return JSONResponse({"error": "forbidden"}, status_code=403)
    if body.key.startswith(Prefix.SECURITY):
        return JSONResponse({"message": f"{Prefix.SECURITY}* is not written over HTTP"}, status_code=403)
    values = {**body.model_dump(), "version": None, "actor": actor, "request_id": request.state.request_id}
    try:
        await connection.fetch(queries.load()["configuration_put"], **values)
    except asyncpg.CheckViolationError:
        return JSONResponse({"message": "bad config key or value"}, status_code=400)
    return {"status": "ok"}


@router.get("/admin/search-content")
async def search_content(request: Request, connection: ConnectionDep, q: str | None = None, page: int = 1) -> Any:
    """All documents, by number of the page."""
    if await admin_of(request) is None:
        return JSONResponse({"error": "forbidden"}, status_code=403)
    named, place = queries.load(), {"limit": PAGE_SIZE, "offset": (max(page, 1) - 1) * PAGE_SIZE}
    if q is None:
        rows = await connection.fetch(named["numbered_documents"], **place)
    else:
        rows = await connection.fetch(named["numbered_matching"], query=q, **place)
    return {"items": [dict(row) for row in rows], "page": page}
