"""What `v1` accepts, and its one shape of error. Everything is bounded; unknown keys are refused.

What it answers are the facts of `service.search` as they are.
"""

import re
from datetime import datetime
from typing import Annotated, Self

from fastapi import Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from service.configuration import Prefix
from service.content import SignalKind
from service.search import Technology
from service.search.cursor import LONGEST

BLANKS = re.compile(r"[ \t\r\n]+")


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("a NUL character is not text")
    return text


def _worded(text: str) -> str:
    # Python's blanks are some more than pydantic's: the separators of ASCII, such as U+001F.
    if not (worded := text.strip()):
        raise ValueError("a blank query asks nothing")
    return worded


QueryText = Annotated[
    str,
    # Quoted phrases, minus and OR are search syntax, so no other character is forbidden: SQL gets it as a parameter.
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    AfterValidator(_without_nul),
    AfterValidator(_worded),
]
WorkspaceId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
ShortText = Annotated[str, StringConstraints(max_length=500), AfterValidator(_without_nul)]
LongText = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_without_nul)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, pattern=r"^[A-Za-z0-9_-]+$")]
LARGEST = 2**63 - 1
"""Of a bigint."""
Identity = Annotated[int, Field(ge=1, le=LARGEST)]
DocumentId = Annotated[int, Path(ge=1, le=LARGEST, description="A document's id.", examples=[1])]
ConfigKey = Annotated[
    str,
    Path(
        max_length=100,
        pattern=rf"^({'|'.join(prefix.removesuffix('.') for prefix in Prefix)})\.[A-Za-z0-9._-]+$",
        description=f"Begins with {', '.join(Prefix)}.",
        examples=["search.default_limit"],
    ),
]
# JSON has no enumerations: a string is all that a client can send, strict or not.
TechnologyName = Annotated[Technology, Field(strict=False)]


class Sought(BaseModel):
    """What every search says, of whatever kind and version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: QueryText = Field(description="Web-style query: words, quoted phrases, OR, -word.", examples=["connection pool"])
    workspace: WorkspaceId = Field(description="Workspace to search in.", examples=["team-1"])
    technology: TechnologyName | None = Field(None, description="Only documents of this.", examples=["python"])
    limit: int = Field(20, ge=1, le=100, description="Hits on a page.")


class SearchRequest(Sought):
    """A search."""

    offset: int = Field(0, ge=0, le=10_000, description="Hits to pass over.")
    cursor: Cursor | None = Field(None, description="`next` of the page before, instead of an offset.")

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if self.cursor is not None and self.offset:
            raise ValueError("cursor and offset exclude each other")
        return self

    def normalised(self) -> dict[str, object]:
        """The same for requests that ask the same: what a cache may tell them apart by."""
        return self.model_dump() | {"q": BLANKS.sub(" ", self.q)}


class HybridRequest(Sought):
    """A hybrid search: ranked anew for every page, so that no page ends at a place to go on from."""

    # With the largest page, Weaviate's own bound (QUERY_MAXIMUM_RESULTS, 10,000 unless set): past it, it fails.
    offset: int = Field(0, ge=0, le=9_900, description="Hits to pass over.")


class SearchBody(SearchRequest):
    """A search in a body of JSON, which has numbers: a number in quotes is a mistake here."""

    model_config = ConfigDict(strict=True)


class StatsRequest(BaseModel):
    """Which workspace's statistics."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workspace: WorkspaceId = Field(description="Workspace to count in.", examples=["team-1"])


class FeedbackBody(BaseModel):
    """What a reader says of a document."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    document_id: Identity = Field(examples=[1])
    rating: int = Field(ge=1, le=5, description="1: useless, 5: just what I needed.", examples=[5])
    comment: LongText = Field("", description="In the reader's words.", examples=["The example works."])


class SignalBody(BaseModel):
    """What a reader did with a document."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    document_id: Identity = Field(examples=[1])
    kind: SignalKind = Field(strict=False, description="What was done.", examples=["dwell"])
    query: ShortText = Field("", description="The search that led there.", examples=["connection pool"])
    duration_s: float | None = Field(
        None, ge=0, le=86_400, allow_inf_nan=False, description="For how long, in seconds.", examples=[12.5]
    )


class ContentSearch(BaseModel):
    """Which documents, of all workspaces."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: QueryText | None = Field(None, description="Web-style query; without, all documents.", examples=["pool"])
    limit: int = Field(50, ge=1, le=200, description="Documents on a page.")
    cursor: Cursor | None = Field(None, description="`next` of the page before.")


class ConfigBody(BaseModel):
    """The new value of a setting."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    value: LongText = Field(examples=["20"])
    version: int | None = Field(
        None, ge=0, le=LARGEST, description="The version that is replaced; 0 when the key is new.", examples=[1]
    )


class AuditRequest(BaseModel):
    """Which page of the audit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: Identity | None = Field(None, description="`next` of the page before.")
    limit: int = Field(50, ge=1, le=200, description="Entries on a page.")


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
