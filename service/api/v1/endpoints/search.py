"""Search, statistics and collections."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.api.v1.dependencies import ResourcesDep
from service.api.v1.schemas import (
    CollectionsResponse,
    SearchRequest,
    SearchResponse,
    StatsRequest,
    StatsResponse,
)
from service.resources import Resources

router = APIRouter(tags=["search"])


@router.get("/search", response_model=SearchResponse)
async def search(request: Annotated[SearchRequest, Query()], resources: ResourcesDep) -> Response:
    """Search the documents of a workspace."""
    return await _search(request, resources)


@router.post("/search", response_model=SearchResponse)
async def search_by_body(request: SearchRequest, resources: ResourcesDep) -> Response:
    """Search the documents of a workspace, the request in the body."""
    return await _search(request, resources)


@router.get("/stats", response_model=StatsResponse)
async def stats(request: Annotated[StatsRequest, Query()], resources: ResourcesDep) -> Response:
    """What a workspace holds, by technology."""

    async def compute() -> bytes:
        technologies = await resources.catalogue.stats(request.workspace)
        answer = StatsResponse.model_validate({"workspace": request.workspace, "technologies": technologies})
        return answer.model_dump_json().encode()

    return _json(await resources.answers.get_or_compute("stats", request.model_dump(), compute))


@router.get("/collections", response_model=CollectionsResponse)
async def collections(resources: ResourcesDep) -> Response:
    """All workspaces with documents, largest first."""

    async def compute() -> bytes:
        answer = CollectionsResponse.model_validate({"collections": await resources.catalogue.collections()})
        return answer.model_dump_json().encode()

    return _json(await resources.answers.get_or_compute("collections", {}, compute))


async def _search(request: SearchRequest, resources: Resources) -> Response:
    async def compute() -> bytes:
        found = await resources.catalogue.search(
            request.q, request.workspace, request.technology, request.limit, request.offset
        )
        return SearchResponse.model_validate(found).model_dump_json().encode()

    return _json(await resources.answers.get_or_compute("search", request.model_dump(), compute))


def _json(body: bytes) -> Response:
    # Bytes as they came from pydantic or Redis: validating and encoding them again would say nothing new.
    return Response(body, media_type="application/json")
