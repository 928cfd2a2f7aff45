"""Live: health every second, and search as you type."""

import asyncio
import math
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, WebSocket
from pydantic import TypeAdapter, ValidationError

from service.api import operations
from service.api.v1 import errors
from service.api.v1.dependencies import ResourcesDep
from service.api.v1.endpoints.search import searched
from service.api.v1.limits import counted
from service.api.v1.schemas import SearchBody
from service.api.v1.sockets import Sockets, first_ended, received
from service.db import PoolSnapshot, usage
from service.errors import ServiceError, TooManyRequestsError
from service.resources import Resources

router = APIRouter(prefix="/ws", tags=["live"])
EVERY_S = 1.0


async def sockets_of(websocket: WebSocket) -> Sockets:
    """The application's sockets."""
    sockets: Sockets = websocket.app.state.sockets
    return sockets


SocketsDep = Annotated[Sockets, Depends(sockets_of)]


@dataclass(frozen=True, slots=True)
class PoolState:
    """The connections to PostgreSQL, over the time since the message before."""

    size: int
    busy: int
    waiting: int
    utilisation: float
    """Borrowed connection-seconds / (size x seconds)."""
    chance_to_wait: float | None
    """Of a checkout; null when there was none."""
    wait_p99_s: float | None
    """Upper bound of the 99th percentile of the waits; null when there was no checkout, or when it is above 10 s."""


@dataclass(frozen=True, slots=True)
class Beat:
    """How the service is at one moment."""

    health: operations.Readiness
    pool: PoolState


BEAT = TypeAdapter(Beat)


@router.websocket("/health")
async def health(websocket: WebSocket, resources: ResourcesDep, sockets: SocketsDep) -> None:
    """The service's health and its pool, every second; what the client says is not heard."""

    async def tell() -> None:
        before = resources.database.usage()
        while True:
            await asyncio.sleep(EVERY_S)
            now = resources.database.usage()
            beat = Beat(await operations.check(resources), _pool(before, now))
            await sockets.send(websocket, BEAT.dump_json(beat, exclude_none=True).decode())
            before = now

    async def hear_out() -> None:
        while True:
            await received(websocket)

    await sockets.serve(websocket, lambda: first_ended(tell(), hear_out()))


@router.websocket("/search")
async def search_as_you_type(websocket: WebSocket, resources: ResourcesDep, sockets: SocketsDep) -> None:
    """Messages are searches as `POST /search` takes them; answers are as there, errors in the envelope.

    Only the latest counts: what was typed while an answer was on its way is searched for, what came before it is not.
    """
    latest: asyncio.Queue[str] = asyncio.Queue(maxsize=1)

    async def hear() -> None:
        while True:
            text = await received(websocket)
            if latest.full():
                latest.get_nowait()
            latest.put_nowait(text)

    async def answer() -> None:
        while True:
            await sockets.send(websocket, await _answer(websocket, resources, await latest.get()))

    await sockets.serve(websocket, lambda: first_ended(hear(), answer()))


def _pool(before: PoolSnapshot, now: PoolSnapshot) -> PoolState:
    return PoolState(
        size=now.size,
        busy=now.busy,
        waiting=now.waiting,
        utilisation=usage.utilisation(before, now),
        chance_to_wait=_finite(usage.chance_to_wait(before, now)),
        wait_p99_s=_finite(usage.wait_quantile(before, now, 0.99)),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


async def _answer(websocket: WebSocket, resources: Resources, text: str) -> str:
    try:
        standing = await counted(websocket.scope)
        if standing is not None and not standing.allowed:
            raise TooManyRequestsError(standing.reset_s)
        response = await searched(SearchBody.model_validate_json(text), resources)
    except ValidationError as error:
        response = await errors.answer(websocket, errors.invalid("body", error))
    except ServiceError as error:
        response = await errors.answer(websocket, error)
    return bytes(response.body).decode()
