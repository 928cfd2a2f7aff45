"""Answers that may be remembered: encoded once, sent as the bytes that they are."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from fastapi import Response
from pydantic import TypeAdapter

from service.resources import Resources
from service.telemetry import Timed

T = TypeVar("T")


async def answer(
    resources: Resources,
    operation: str,
    request: Mapping[str, object],
    facts: Callable[[], Awaitable[T]],
    adapter: TypeAdapter[T],
) -> Response:
    """What is remembered of this request, or else its facts.

    Raises what `facts` raises; that there is nothing, NotFoundError, may be remembered, too.
    """

    async def compute() -> bytes:
        found = await facts()
        with Timed("encode"):
            return adapter.dump_json(found)

    body = await resources.answers.get_or_compute(f"v1:{operation}", request, compute)
    # The bytes as pydantic wrote them or Redis kept them: to validate and encode them again would say nothing new.
    return Response(body, media_type="application/json")
