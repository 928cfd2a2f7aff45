"""Hybrid searches of tests: asked, waited for, and left."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import httpx
import uvicorn

from bench.faults import Fault, StandIn
from service.resilience import CircuitState
from tests.service.running import Service

GOOD: dict[str, Any] = {"q": "event loop", "workspace": "team-1"}
LIMIT_S = 30.0
LONG_S = 600.0
HARD_FAULTS = {
    "error": Fault(mode="error"),
    "overloaded": Fault(mode="error", status=429),
    "error in a 200": Fault(mode="error", status=200),
    "reset": Fault(mode="reset"),
    "hang": Fault(mode="hang"),
    "too slow": Fault(mode="latency", latency_s=LONG_S),
}


async def hybrid(service: Service, **changes: Any) -> dict[str, Any]:
    """A hybrid search that is answered."""
    # What hangs here should fail, and say where.
    async with asyncio.timeout(LIMIT_S):
        response = await service.get("/search/hybrid", **{**GOOD, **changes})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    assert set(body) == {"source", "total", "hits"}
    return body


async def full_text(service: Service, **changes: Any) -> dict[str, Any]:
    """What full text answers to the same."""
    found = (await service.get("/search", **{**GOOD, **changes})).json()
    return {"source": "fulltext", "total": found["total"], "hits": found["hits"]}


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(LIMIT_S):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def in_flight(standin: StandIn, count: int) -> None:
    """Wait until so many requests are at the stand-in."""

    async def reached() -> bool:
        return (await standin.counts()).in_flight == count

    await until(reached)


@asynccontextmanager
async def listening(service: Service) -> AsyncIterator[int]:
    """The service on a port of its own, for clients with sockets."""
    transport = service.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(transport.app, lifespan="off", log_config=None))
        server.capture_signals = nullcontext  # type: ignore[method-assign] # they are the tests'
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        yield int(listener.getsockname()[1])
        server.should_exit = True
        await serving


def state(service: Service) -> CircuitState:
    """Of the circuit to Weaviate."""
    breaker = service.resources.hybrid.breaker
    assert breaker is not None
    return breaker.state
