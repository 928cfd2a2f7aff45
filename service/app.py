"""The application factory: nothing is opened before the lifespan begins."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service.api import legacy, operations, v1
from service.resources import opened
from service.settings import Settings
from service.telemetry import ServerTiming

APIS: Mapping[str, Callable[[FastAPI], None]] = {"legacy": legacy.install, "v1": v1.install}


def create(settings: Settings) -> FastAPI:
    """An application with the API that the settings choose."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened(settings) as resources:
            app.state.resources = resources
            yield

    app = FastAPI(title="docaiche", version="1", lifespan=lifespan)
    app.include_router(operations.router)
    APIS[settings.api](app)
    # Added last, so outermost: it times everything, in the same way for both APIs.
    app.add_middleware(ServerTiming)
    return app
