"""The paths of `v1` while it is rolled back: answers of its shape, from the handlers that were there before it.

The flag changes who answers, not what a client has to ask: without these routes every client that moved on to `v1`
would be told 404 by the rollback that is to help it. A redirect to the old path would answer 200 with the old shape,
which such a client cannot read. What the old handlers cannot do stays away: an error has their shapes, there is no
cursor, no key is asked for, no request is counted, and hybrid search, WebSockets and administration are 404.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from service.api import operations
from service.api.legacy import administration, endpoints
from service.api.legacy.administration import FeedbackBody, SignalBody
from service.api.legacy.connections import ConnectionDep
from service.api.legacy.endpoints import SearchBody

router = APIRouter(prefix="/v1", include_in_schema=False)
OWN = ("source", "updated_at")
"""What the old handlers tell of a hit and `v1` does not."""
NO_CURSORS = "cursors are not served now; begin again with an offset"


@router.get("/search")
async def search(
    request: Request,
    connection: ConnectionDep,
    q: str,
    workspace: str,
    technology: str | None = None,
    limit: int = 20,
    offset: int = 0,
    cursor: str | None = None,
) -> Any:
    """Search the documents of a workspace."""
    if cursor is not None:
        # Its page is unknown here. The first page in its place would send a client round in circles.
        return JSONResponse({"error": NO_CURSORS}, status_code=400)
    return _found(await endpoints.search_documents(request, connection, q, workspace, technology, limit, offset))


class SearchBodyWithCursor(SearchBody):
    """The body of a search as `v1` has it."""

    cursor: str | None = None


@router.post("/search")
async def search_by_body(request: Request, connection: ConnectionDep, body: SearchBodyWithCursor) -> Any:
    """Search, the request in the body."""
    if body.cursor is not None:
        return JSONResponse({"error": NO_CURSORS}, status_code=400)
    return _found(await endpoints.search_documents_post(request, connection, body))


@router.get("/stats")
async def stats(request: Request, connection: ConnectionDep, workspace: str) -> Any:
    """What a workspace holds."""
    return _renamed(await endpoints.get_stats(request, connection, workspace), stats="technologies")


@router.get("/collections")
async def collections(request: Request, connection: ConnectionDep) -> Any:
    """All workspaces with documents."""
    return _renamed(await endpoints.get_collections(request, connection), without=("count",))


@router.get("/content/{identity}")
async def content(connection: ConnectionDep, identity: int) -> Any:
    """A document with its text."""
    return _renamed(await administration.get_content(connection, identity), workspace_id="workspace")


@router.post("/feedback", status_code=201)
async def feedback(connection: ConnectionDep, body: FeedbackBody) -> Any:
    """Rate a document."""
    return _renamed(await administration.post_feedback(connection, body), without=("success",))


@router.post("/signals", status_code=201)
async def signal(connection: ConnectionDep, body: SignalBody) -> Any:
    """Tell what a reader did."""
    return _renamed(await administration.post_signal(connection, body), without=("success",))


router.add_api_route("/health", operations.ready, response_model_exclude_none=True)


def _found(answer: Any) -> Any:
    if not isinstance(answer, Mapping):
        return answer
    hits = [_renamed(hit, without=OWN, workspace_id="workspace") for hit in answer["results"]]
    return {"total": answer["total"], "hits": hits, "next": None}


def _renamed(answer: Any, *, without: tuple[str, ...] = (), **names: str) -> Any:
    """The answer with the names that `v1` has; an error as it is."""
    if not isinstance(answer, Mapping):
        return answer
    return {names.get(name, name): value for name, value in answer.items() if name not in without}
