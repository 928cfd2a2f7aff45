"""What `v1` accepts, and its one shape of error. Everything is bounded; unknown keys are refused.

What it answers are the facts of `service.search` as they are.
"""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

BLANKS = re.compile(r"[ \t\r\n]+")


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a NUL character cannot be searched for")
    return text


QueryText = Annotated[
    str,
    # Quoted phrases, minus and OR are search syntax, so no other character is forbidden: SQL gets it as a parameter.
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(_without_nul),
]
WorkspaceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Technology = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9+#.-]{0,30}$")]


class SearchRequest(BaseModel):
    """A search."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: QueryText = Field(description="Web-style query: words, quoted phrases, OR, -word.", examples=["connection pool"])
    workspace: WorkspaceId = Field(description="Workspace to search in.", examples=["team-1"])
    technology: Technology | None = Field(None, description="Only documents of this technology.", examples=["python"])
    limit: int = Field(20, ge=1, le=100, description="Hits on a page.")
    offset: int = Field(0, ge=0, le=10_000, description="Hits to pass over.")

    def normalised(self) -> dict[str, object]:
        """The same for requests that ask the same: what a cache may tell them apart by."""
        return self.model_dump() | {"q": BLANKS.sub(" ", self.q)}


class SearchBody(SearchRequest):
    """A search in a body of JSON, which has numbers: a number in quotes is a mistake here."""

    model_config = ConfigDict(strict=True)


class StatsRequest(BaseModel):
    """Which workspace's statistics."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: WorkspaceId


class NothingAsked(BaseModel):
    """No parameters."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Problem(BaseModel):
    """The same facts as RFC 9457 has them, for clients that accept application/problem+json."""

    type: str
    """A URI that names the kind of problem; it leads nowhere."""
    title: str
    """The kind in words: the same for every problem of it."""
    status: int
    detail: str
    instance: str
    """The path that was asked."""
    code: str
    timestamp: datetime
    request_id: str
