"""What one running service has open; made at start, closed at the end, kept on `app.state`."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import asyncpg
from prometheus_client import CollectorRegistry
from starlette.requests import HTTPConnection

from service import queries, vector
from service.access import Keys, RateLimits
from service.cache import Answers, create
from service.configuration import Register
from service.content import Contents
from service.db import Announcements, Database
from service.errors import ConfigurationError
from service.resilience.prometheus import BreakerMetrics
from service.search import Catalogue, HybridSearch
from service.settings import Settings
from service.vector import WeaviateClient

NEEDED = {"search_vector", "content_length"}
"""Columns of `documents` that the knob `fulltext` reads."""


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything that handlers need."""

    settings: Settings
    database: Database
    answers: Answers
    catalogue: Catalogue
    hybrid: HybridSearch
    weaviate: WeaviateClient | None
    """Where the settings name one."""
    contents: Contents
    register: Register
    keys: Keys
    rate_limits: RateLimits | None
    """None where there are none."""
    metrics: CollectorRegistry


@asynccontextmanager
async def opened(settings: Settings, metrics: CollectorRegistry) -> AsyncIterator[Resources]:
    """Open everything that the settings ask for; what is worth watching is registered with `metrics`.

    Raises DatabaseUnavailableError, or ConfigurationError when the database lacks what a knob needs or Redis is not
    of the mode that was set.
    """
    async with AsyncExitStack() as stack:
        database = Database(settings)
        stack.push_async_callback(database.close)
        await database.open()
        version = await _corpus_version(database, settings)
        answers = create(settings, version)
        stack.push_async_callback(answers.close)
        await answers.open()
        keys = Keys(database, _secret(settings))
        announcements = Announcements(settings.database_url.get_secret_value())
        announcements.subscribe("keys", keys.forget)
        announcements.open()
        stack.push_async_callback(announcements.close)
        breakers = BreakerMetrics(metrics)
        rate_limits = None if settings.rate_limit is None else RateLimits(settings, settings.rate_limit)
        if rate_limits is not None:
            breakers.watch(rate_limits.breaker)
            stack.push_async_callback(rate_limits.close)
        catalogue = Catalogue(database, stored=settings.fulltext)
        weaviate = vector.create(settings)
        if weaviate is not None:
            stack.push_async_callback(weaviate.close)
        yield Resources(
            settings,
            database,
            answers,
            catalogue,
            HybridSearch(settings, weaviate, database, catalogue),
            weaviate,
            Contents(database),
            Register(database),
            keys,
            rate_limits,
            metrics,
        )


def of(connection: HTTPConnection) -> Resources:
    """The resources of the application that a request came to."""
    resources: Resources = connection.app.state.resources
    return resources


def _secret(settings: Settings) -> str | None:
    return None if settings.admin_key is None else settings.admin_key.get_secret_value()


async def _corpus_version(database: Database, settings: Settings) -> str:
    """What tells the documents of this database from others; reading it proves that they are there."""
    named = queries.load()
    try:
        columns = {row["name"] for row in await database.fetch(named["columns_of_documents"])}
        version: str = (await database.fetch(named["corpus_version"]))[0]["version"]
    except asyncpg.UndefinedTableError as error:
        raise ConfigurationError(
            "DOCAICHE_DATABASE_URL names a database without the table documents; run `python -m service.migrate up`."
        ) from error
    if settings.fulltext and (lacking := sorted(NEEDED - columns)):
        raise ConfigurationError(
            f"DOCAICHE_FULLTEXT is on but documents has no {' and no '.join(lacking)}; "
            "apply sql/tuning/fulltext.apply.sql or switch it off."
        )
    return version
