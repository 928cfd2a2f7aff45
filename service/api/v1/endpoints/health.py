"""Health as clients of `v1` see it."""

from fastapi import APIRouter, Request, Response

from service.api import operations

router = APIRouter(tags=["health"])


TOLD = operations.told(operations.READINESS) | operations.NOT_READY


@router.get("/health", response_model_exclude_none=True, responses=TOLD)
async def health(request: Request, response: Response) -> operations.Readiness:
    """Whether the service can do its work, each dependency by itself; 503 when it cannot."""
    return await operations.ready(request, response)
