"""The service in the test's own process, spoken to over ASGI."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from service.app import create
from service.resources import Resources
from service.settings import KNOBS, Settings, load

ON: Mapping[str, str] = dict.fromkeys(KNOBS, "on")
OFF: Mapping[str, str] = dict.fromkeys(KNOBS, "off")


@dataclass(frozen=True, slots=True)
class Databases:
    """One database per state, by the tunings applied, and a Redis."""

    by_tunings: Mapping[tuple[str, ...], str]
    redis_url: str

    def settings(self, knobs: Mapping[str, str] = ON, **values: Any) -> Settings:
        """Settings with these knobs, on the database that they need."""
        tunings = tuple(name for name, knob in KNOBS.items() if knob.in_database and knobs[name] == "on")
        fields = {
            KNOBS[name].field: KNOBS[name].on if state == "on" else KNOBS[name].off for name, state in knobs.items()
        }
        addresses = {"database_url": self.by_tunings[tunings], "redis_url": self.redis_url}
        # A busy machine must not turn a working Redis into one that is too slow.
        return load(**{**addresses, "cache_deadline_s": 5, **fields, **values})


@dataclass(frozen=True, slots=True)
class Service:
    """A running service."""

    client: httpx.AsyncClient
    resources: Resources
    prefix: str

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None, **parameters: Any) -> httpx.Response:
        """GET a path below the API's prefix."""
        asked = {name: value for name, value in parameters.items() if value is not None}
        return await self.client.get(self.prefix + path, params=asked, headers=headers)

    async def post(self, path: str, body: object) -> httpx.Response:
        """POST JSON to a path below the API's prefix."""
        return await self.client.post(self.prefix + path, json=body)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Service]:
    """Start the service, and stop it after."""
    app = create(settings)
    async with app.router.lifespan_context(app):
        # What the service fails to answer is an answer of status 500, as over a socket.
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            prefix = "/api" if settings.api == "legacy" else "/api/v1"
            yield Service(client, app.state.resources, prefix)


def parts(response: httpx.Response) -> dict[str, float]:
    """The Server-Timing header: milliseconds by part."""
    told = response.headers["server-timing"].partition(", began;")[0]
    pairs = (entry.split(";dur=") for entry in told.split(", "))
    return {name: float(duration) for name, duration in pairs}
