"""What one running service has open; made at start, closed at the end, kept on `app.state`."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import asyncpg
import redis.asyncio
from prometheus_client import CollectorRegistry
from redis.exceptions import RedisError
from starlette.requests import HTTPConnection
from starlette.types import Scope

from service import queries, vector
from service.access import Keys, RateLimits
from service.cache import Answers, create
from service.configuration import Live, Register
from service.content import Contents, Freshness, version
from service.db import Announcements, Database
from service.db.metrics import PoolMetrics
from service.errors import ConfigurationError
from service.resilience import Logged
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
    _check_redis_urls(settings)
    breakers = BreakerMetrics(metrics)
    listeners = (Logged(), breakers)
    async with AsyncExitStack() as stack:
        database = Database(settings)
        stack.push_async_callback(database.close)
        await database.open()
        PoolMetrics(metrics).watch("main", database.usage)

        answers = create(settings, await _version(database, settings), listeners)
        stack.push_async_callback(answers.close)
        await answers.open()
        breakers.watch(answers.breakers)

        limits = None if settings.rate_limit is None else RateLimits(settings, settings.rate_limit, listeners)
        if limits is not None:
            stack.push_async_callback(limits.close)
            await limits.open()
            breakers.watch(limits.breakers)

        weaviate = vector.create(settings)
        if weaviate is not None:
            stack.push_async_callback(weaviate.close)
        catalogue = Catalogue(database, stored=settings.fulltext)
        hybrid = HybridSearch(settings, weaviate, database, catalogue, listeners=listeners)
        breakers.watch(hybrid.breakers)

        keys, register, freshness = Keys(database, _secret(settings)), Register(database), Freshness(database, answers)
        announcements = Announcements(settings.database_url.get_secret_value())
        stack.push_async_callback(announcements.close)
        announcements.subscribe("keys", keys.forget)
        announcements.subscribe("documents", freshness.renew)
        announcements.subscribe("configuration", freshness.renew)
        announcements.subscribe("configuration", Live(settings, register, answers).apply)
        announcements.open()
        yield Resources(
            settings=settings,
            database=database,
            answers=answers,
            catalogue=catalogue,
            hybrid=hybrid,
            weaviate=weaviate,
            contents=Contents(database, freshness),
            register=register,
            keys=keys,
            rate_limits=limits,
            metrics=metrics,
        )


def of(connection: HTTPConnection) -> Resources:
    """The resources of the application that a request came to."""
    return in_scope(connection.scope)


def in_scope(scope: Scope) -> Resources:
    """The same, for pure ASGI middleware."""
    resources: Resources = scope["app"].state.resources
    return resources


def _check_redis_urls(settings: Settings) -> None:
    # The driver takes options from a URL's query, and tells of wrong ones only when it connects: as a defect of ours.
    for url in settings.redis_urls:
        try:
            redis.asyncio.ConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]
        except (TypeError, ValueError, RedisError) as error:
            # The driver's words have the option's name, and of the URL no more than that.
            raise ConfigurationError(
                f"DOCAICHE_REDIS_URL is wrong: an option after its ? is refused: {error}"
            ) from error


def _secret(settings: Settings) -> str | None:
    return None if settings.admin_key is None else settings.admin_key.get_secret_value()


async def _version(database: Database, settings: Settings) -> str:
    """The version of the answers at the start; reading it proves that the schema and what the knobs need are there."""
    try:
        columns = {row["name"] for row in await database.fetch(queries.load()["complete_columns_of_documents"])}
        present = await version(database)
    except asyncpg.UndefinedTableError as error:
        raise ConfigurationError(
            "DOCAICHE_DATABASE_URL names a database without the service's tables; run `python -m service.migrate up`."
        ) from error
    if settings.fulltext and (lacking := sorted(NEEDED - columns)):
        raise ConfigurationError(
            f"DOCAICHE_FULLTEXT is on but documents has no {' and no '.join(lacking)} in every row; "
            "apply sql/tuning/fulltext.apply.sql, or run `python -m service.online fulltext`, or switch it off."
        )
    return present
