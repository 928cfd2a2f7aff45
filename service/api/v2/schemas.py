"""What `v2` accepts where it differs from `v1`."""

from pydantic import ConfigDict, Field

from service.api.v1.schemas import Cursor, Sought


class SearchRequest(Sought):
    """A search, from its beginning or from where a page has ended."""

    cursor: Cursor | None = Field(None, description="`next` of the page before.")


class SearchBody(SearchRequest):
    """The same in a body of JSON, which has numbers: a number in quotes is a mistake here."""

    model_config = ConfigDict(strict=True)
