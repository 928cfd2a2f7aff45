"""What `v2` accepts where it differs from `v1`."""

from pydantic import BaseModel, ConfigDict, Field

from service.api.v1.schemas import Cursor, QueryText, TechnologyName, WorkspaceId


class SearchRequest(BaseModel):
    """A search, from its beginning or from where a page has ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    q: QueryText = Field(description="Web-style query: words, quoted phrases, OR, -word.", examples=["connection pool"])
    workspace: WorkspaceId = Field(description="Workspace to search in.", examples=["team-1"])
    technology: TechnologyName | None = Field(None, description="Only documents of this.", examples=["python"])
    limit: int = Field(20, ge=1, le=100, description="Hits on a page.")
    cursor: Cursor | None = Field(None, description="`next` of the page before.")


class SearchBody(SearchRequest):
    """The same in a body of JSON, which has numbers: a number in quotes is a mistake here."""

    model_config = ConfigDict(strict=True)
