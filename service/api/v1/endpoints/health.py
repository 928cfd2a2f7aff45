"""Health as clients of `v1` see it."""

from fastapi import APIRouter, Response
from starlette.requests import Request

from service.api.operations import ready

router = APIRouter(tags=["health"])


@router.get("/health")
async def health(request: Request) -> Response:
    """Whether the service can do its work, each dependency by itself."""
    return await ready(request)
