"""Facts that the operations answer; `v1` puts them on the wire as they are."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

SNIPPET = 240
"""Characters of a document's text that a hit shows; the statements of `sql/queries/search*.sql` cut at the same."""


class Technology(StrEnum):
    """What documents are about; a new one is added here and nowhere else."""

    ASYNCIO = "asyncio"
    DOCKER = "docker"
    HTTP = "http"
    JAVA = "java"
    JAVASCRIPT = "javascript"
    JUPYTER = "jupyter"
    MATPLOTLIB = "matplotlib"
    NUMPY = "numpy"
    PANDAS = "pandas"
    POSTGRES = "postgres"
    PYTHON = "python"
    REACT = "react"
    REDIS = "redis"
    TESTING = "testing"
    TYPESCRIPT = "typescript"


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that matches."""

    id: int
    title: str
    workspace: str
    technology: str
    created_at: datetime
    snippet: str
    rank: float


@dataclass(frozen=True, slots=True)
class Found:
    """One page of hits, best first, and how many there are in all."""

    total: int
    hits: tuple[Hit, ...]
    next: str | None = None
    """Cursor of the next page; null on the last one."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as a list shows it."""

    id: int
    workspace: str
    technology: str
    title: str
    source: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """Documents, newest first."""

    documents: tuple[Listed, ...]
    next: str | None
    """Cursor of the next page; null on the last one."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One page of hits, best first, and who ranked them: ranks of different sources cannot be compared."""

    source: Literal["hybrid", "fulltext"]
    total: int | None
    """How many there are in all; unknown from `hybrid`: vectors put every document somewhere."""
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class TechnologyStats:
    """What a workspace holds of one technology."""

    technology: str
    document_count: int
    avg_content_length: float
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class WorkspaceStats:
    """What a workspace holds, the technology with most documents first; nothing when there is no such workspace."""

    workspace: str
    technologies: tuple[TechnologyStats, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """A workspace with documents."""

    id: str
    name: str
    document_count: int


@dataclass(frozen=True, slots=True)
class Collections:
    """All workspaces with documents, largest first."""

    collections: tuple[Collection, ...]
