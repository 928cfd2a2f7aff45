"""Health as clients of `v1` see it."""

from fastapi import APIRouter, Request, Response

from service.api import operations
from service.api.v1 import examples

router = APIRouter(tags=["health"])


@router.get("/health", response_model_exclude_none=True, responses=examples.answers(examples.READINESS))
async def health(request: Request, response: Response) -> operations.Readiness:
    """Whether the service can do its work, each dependency by itself; 503 when it cannot."""
    return await operations.ready(request, response)
