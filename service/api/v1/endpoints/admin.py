"""For admins: all documents, and what was changed by whom."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.api.v1 import examples
from service.api.v1.admins import AdminRoute
from service.api.v1.dependencies import ResourcesDep
from service.api.v1.direct import each_once
from service.api.v1.schemas import AuditRequest, ContentSearch
from service.configuration import AuditPage
from service.search import Listing

router = APIRouter(prefix="/admin", tags=["admin"], route_class=AdminRoute, dependencies=[Depends(each_once)])


@router.get("/search-content", responses=examples.answers(examples.LISTING))
async def search_content(request: Annotated[ContentSearch, Query()], resources: ResourcesDep) -> Listing:
    """Documents of all workspaces, newest first."""
    return await resources.catalogue.newest(request.q, request.limit, request.cursor)


@router.get("/audit", responses=examples.answers(examples.AUDIT))
async def audit(request: Annotated[AuditRequest, Query()], resources: ResourcesDep) -> AuditPage:
    """Changes, newest first."""
    return await resources.register.audit(request.before, request.limit)
