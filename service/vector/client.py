"""Weaviate over HTTP: a bounded pool of connections, and one kind of error for whatever can go wrong."""

import asyncio
from dataclasses import dataclass
from typing import Annotated

import httpx
from pydantic import BaseModel, Field, SecretStr, ValidationError

from service.errors import VectorSearchUnavailableError
from service.settings import Settings
from service.telemetry import Timed
from service.vector import graphql
from service.vector.graphql import Hybrid

GRAPHQL = "/v1/graphql"
READY = "/v1/.well-known/ready"
READY_LIMIT_S = 0.5
"""Whoever asks the service for readiness waits about a second, and not for Weaviate alone."""


@dataclass(frozen=True, slots=True)
class Match:
    """A document that Weaviate found; which one it is only PostgreSQL knows."""

    document_id: int
    score: float


class _Additional(BaseModel):
    # Weaviate writes scores as strings.
    score: Annotated[float, Field(allow_inf_nan=False)]


class _Row(BaseModel):
    # PostgreSQL's bigint: no other number is a document's.
    document_id: Annotated[int, Field(ge=-(2**63), lt=2**63)]
    additional: Annotated[_Additional, Field(alias="_additional")]


class _Get(BaseModel):
    rows: Annotated[list[_Row], Field(alias=graphql.COLLECTION)]


class _Data(BaseModel):
    get: Annotated[_Get, Field(alias="Get")]


class _Error(BaseModel):
    message: str = "no message"


class _Answer(BaseModel):
    data: _Data | None = None
    errors: list[_Error] | None = None


class WeaviateClient:
    """Asks one Weaviate; close it after use.

    `timeout_s` bounds each wait: for a free connection, for the connect, for the next bytes.
    """

    def __init__(
        self, url: str, *, api_key: SecretStr | None = None, alpha: float = 0.75, timeout_s: float, connections: int
    ) -> None:
        self._alpha = alpha
        key = {} if api_key is None else {"authorization": f"Bearer {api_key.get_secret_value()}"}
        self._http = httpx.AsyncClient(
            base_url=url,
            headers=key,
            timeout=timeout_s,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            # A proxy from the environment is for the world outside.
            trust_env=False,
        )

    async def hybrid(self, asked: Hybrid) -> tuple[Match, ...]:
        """One page of matches, best first; at most as many as were asked for.

        Raises VectorSearchUnavailableError.
        """
        query = graphql.hybrid(asked, self._alpha)
        try:
            with Timed("vector"):
                response = await self._http.post(GRAPHQL, json={"query": query})
        except httpx.HTTPError as error:
            raise VectorSearchUnavailableError(f"Weaviate did not answer: {_reason(error)}") from error
        if response.status_code != httpx.codes.OK:
            raise VectorSearchUnavailableError(f"Weaviate answered with status {response.status_code}")
        return _matches(response.content)[: asked.limit]

    async def ready(self) -> bool:
        """Whether Weaviate says, within READY_LIMIT_S, that it can answer."""
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                response = await self._http.get(READY)
        except (httpx.HTTPError, TimeoutError):
            return False
        return response.is_success

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def create(settings: Settings) -> WeaviateClient | None:
    """The Weaviate of the settings, if they name one. Connects when first asked."""
    if settings.weaviate_url is None:
        return None
    return WeaviateClient(
        settings.weaviate_url,
        api_key=settings.weaviate_api_key,
        alpha=settings.weaviate_alpha,
        timeout_s=settings.weaviate_timeout_s,
        connections=settings.weaviate_concurrency,
    )


def _matches(body: bytes) -> tuple[Match, ...]:
    try:
        answer = _Answer.model_validate_json(body)
    except ValidationError as error:
        raise VectorSearchUnavailableError("Weaviate's answer cannot be read") from error
    if answer.errors:
        # GraphQL tells failures in an answer of status 200.
        raise VectorSearchUnavailableError(f"Weaviate could not search: {answer.errors[0].message}")
    if answer.data is None:
        raise VectorSearchUnavailableError("Weaviate's answer has neither data nor errors")
    return tuple(Match(row.document_id, row.additional.score) for row in answer.data.get.rows)


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
