"""Search, statistics and collections."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import TypeAdapter

from service.api.v1 import examples
from service.api.v1.answering import answer
from service.api.v1.dependencies import ResourcesDep
from service.api.v1.direct import DirectRoute
from service.api.v1.schemas import HybridRequest, NothingAsked, SearchBody, SearchRequest, StatsRequest
from service.resources import Resources
from service.search import Catalogue, Collections, Found, Ranked, WorkspaceStats
from service.telemetry import Timed
from service.vector import Hybrid

router = APIRouter(tags=["search"], route_class=DirectRoute)
FOUND, STATS, COLLECTIONS = TypeAdapter(Found), TypeAdapter(WorkspaceStats), TypeAdapter(Collections)
RANKED = TypeAdapter(Ranked)


@router.get("/search", response_model=Found, responses=examples.answers(examples.FOUND))
async def search(request: Annotated[SearchRequest, Query()], resources: ResourcesDep) -> Response:
    """Search the documents of a workspace."""
    return await searched(request, resources)


@router.post("/search", response_model=Found, responses=examples.answers(examples.FOUND))
async def search_by_body(request: SearchBody, resources: ResourcesDep) -> Response:
    """Search the documents of a workspace, the request in the body."""
    return await searched(request, resources)


@router.get("/search/hybrid", response_model=Ranked, responses=examples.answers(examples.RANKED))
async def hybrid_search(request: Annotated[HybridRequest, Query()], resources: ResourcesDep) -> Response:
    """Search by words and meaning; by words alone, `source` says so, while Weaviate is not there or not well."""
    asked = Hybrid(request.q, request.workspace, request.technology, request.limit, request.offset)
    # Not remembered: an answer made without Weaviate must not outlive the reason for it.
    found = await resources.hybrid.search(asked)
    with Timed("encode"):
        body = RANKED.dump_json(found)
    return Response(body, media_type="application/json")


@router.get("/stats", response_model=WorkspaceStats, responses=examples.answers(examples.STATS))
async def stats(request: Annotated[StatsRequest, Query()], resources: ResourcesDep) -> Response:
    """What a workspace holds, by technology."""
    facts = resources.catalogue.stats
    return await answer(resources, "stats", request.model_dump(), lambda: facts(request.workspace), STATS)


@router.get("/collections", response_model=Collections, responses=examples.answers(examples.COLLECTIONS))
async def collections(_: Annotated[NothingAsked, Query()], resources: ResourcesDep) -> Response:
    """All workspaces with documents, largest first."""
    return await answer(resources, "collections", {}, resources.catalogue.collections, COLLECTIONS)


async def searched(asked: SearchRequest, resources: Resources) -> Response:
    """The answer to a search, remembered or found."""
    return await answer(resources, "search", asked.normalised(), partial(_found, asked, resources.catalogue), FOUND)


async def _found(asked: SearchRequest, catalogue: Catalogue) -> Found:
    if asked.cursor is None:
        return await catalogue.search(asked.q, asked.workspace, asked.technology, asked.limit, asked.offset)
    return await catalogue.search_on(asked.q, asked.workspace, asked.technology, asked.limit, asked.cursor)
