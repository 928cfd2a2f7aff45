"""The application factory: nothing is opened before the lifespan begins."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from service.api import Application, consolidated, docs, legacy, metrics, operations
from service.api.v1 import examples
from service.api.v1.admission import Admission
from service.resources import opened
from service.settings import Settings
from service.telemetry import ServerTiming

APIS: Mapping[str, Callable[[Application], None]] = {"legacy": legacy.install, "v1": consolidated.install}
ERRORS = {"legacy": None, "v1": examples.errors()}
"""What the schema tells of errors of the routes that belong to no version."""


def create(settings: Settings) -> Application:
    """An application with the API that the settings choose."""
    registry = CollectorRegistry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings, registry) as resources:
            app.state.resources = resources
            yield

    app = Application(title="docaiche", version="1", lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    APIS[settings.api](app)
    if settings.api == "v1":
        metrics.watch_sockets(registry, lambda: app.state.sockets.open)
    if settings.most_requests is not None and settings.api == "v1":
        # First, so inside of everything that gives a refusal its headers.
        app.outermost.insert(0, partial(Admission, most=settings.most_requests, prefix=f"{consolidated.PREFIX}/"))
    for routes in (operations.router, metrics.router):
        app.include_router(routes, responses=ERRORS[settings.api])
    # The schema and its page last: routes are tried in their order.
    app.openapi_url = "/openapi.json"
    app.setup()
    docs.install(app, app.openapi_url)
    # Last, so around everything else: they time both APIs in the same way.
    app.outermost.extend([partial(metrics.Measured, kept=metrics.RequestMetrics(registry)), ServerTiming])
    return app
