"""Search, by cursor alone."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from service.api.v1 import examples
from service.api.v1.dependencies import ResourcesDep
from service.api.v1.direct import DirectRoute
from service.api.v1.endpoints.search import searched
from service.api.v1.schemas import SearchRequest as First
from service.api.v2.schemas import SearchBody, SearchRequest
from service.search import Found

router = APIRouter(tags=["search"], route_class=DirectRoute)


@router.get("/search", response_model=Found, responses=examples.answers(examples.FOUND))
async def search(request: Annotated[SearchRequest, Query()], resources: ResourcesDep) -> Response:
    """Search the documents of a workspace."""
    return await searched(First.model_construct(**request.model_dump()), resources)


@router.post("/search", response_model=Found, responses=examples.answers(examples.FOUND))
async def search_by_body(request: SearchBody, resources: ResourcesDep) -> Response:
    """Search the documents of a workspace, the request in the body."""
    return await searched(First.model_construct(**request.model_dump()), resources)
