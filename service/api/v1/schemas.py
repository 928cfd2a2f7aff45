"""What `v1` accepts and answers. Everything is bounded; unknown keys are refused."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# Quoted phrases, minus and OR are search syntax, so no character is forbidden: SQL gets it as a parameter.
QueryText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
WorkspaceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Technology = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+#.-]{0,30}$")]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class SearchRequest(BaseModel):
    """A search."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: QueryText = Field(description="Web-style query: words, quoted phrases, OR, -word.", examples=["connection pool"])
    workspace: WorkspaceId = Field(description="Workspace to search in.", examples=["team-1"])
    technology: Technology | None = Field(None, description="Only documents of this technology.", examples=["python"])
    limit: int = Field(20, ge=1, le=100, description="Hits on a page.")
    offset: int = Field(0, ge=0, le=10_000, description="Hits to pass over.")


class StatsRequest(BaseModel):
    """Which workspace's statistics."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: WorkspaceId


class HitModel(_Answer):
    """A document that matches."""

    id: int
    title: str
    workspace: str
    technology: str
    created_at: datetime
    snippet: str
    rank: float


class SearchResponse(_Answer):
    """One page of hits, best first."""

    total: int
    hits: tuple[HitModel, ...]


class TechnologyStatsModel(_Answer):
    """What a workspace holds of one technology."""

    technology: str
    document_count: int
    avg_content_length: float
    last_updated: datetime


class StatsResponse(_Answer):
    """What a workspace holds."""

    workspace: str
    technologies: tuple[TechnologyStatsModel, ...]


class CollectionModel(_Answer):
    """A workspace with documents."""

    id: str
    name: str
    document_count: int


class CollectionsResponse(_Answer):
    """All workspaces with documents, largest first."""

    collections: tuple[CollectionModel, ...]


class ErrorFacts(BaseModel):
    """What went wrong."""

    code: str
    message: str
    type: str
    timestamp: datetime
    request_id: str
    path: str


class ErrorEnvelope(BaseModel):
    """The one shape of every error."""

    error: ErrorFacts
