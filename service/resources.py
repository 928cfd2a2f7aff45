"""What one running service has open; made at start, closed at the end, kept on `app.state`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from service import queries
from service.cache import Answers, create
from service.db import Database
from service.errors import ConfigurationError
from service.search import Catalogue
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that handlers need."""

    settings: Settings
    database: Database
    answers: Answers
    catalogue: Catalogue


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Resources]:
    """Open everything that the settings ask for.

    Raises DatabaseUnavailableError, or ConfigurationError when the database lacks what a knob needs.
    """
    database, answers = Database(settings), create(settings)
    try:
        await database.open()
        await _check_state(database, settings)
        yield Resources(settings, database, answers, Catalogue(database, stored=settings.fulltext))
    finally:
        await answers.close()
        await database.close()


def of(connection: HTTPConnection) -> Resources:
    """The resources of the application that a request came to."""
    resources: Resources = connection.app.state.resources
    return resources


async def _check_state(database: Database, settings: Settings) -> None:
    rows = await database.fetch(queries.load("identity")["columns_of_documents"])
    if settings.fulltext and "search_vector" not in {row["name"] for row in rows}:
        raise ConfigurationError(
            "DOCAICHE_FULLTEXT is on but documents.search_vector does not exist; "
            "apply sql/tuning/fulltext.apply.sql or switch it off."
        )
