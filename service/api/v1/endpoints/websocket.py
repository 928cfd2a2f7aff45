"""Live: health every second, and search as you type."""

import asyncio
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Depends, WebSocket
from pydantic import ValidationError

from service.api.v1 import errors
from service.api.v1.dependencies import ResourcesDep
from service.api.v1.endpoints.search import searched
from service.api.v1.limits import counted
from service.api.v1.pulse import Pulse
from service.api.v1.schemas import SearchBody
from service.api.v1.sockets import Sockets, first_ended, received
from service.errors import ServiceError, TooManyRequestsError
from service.resources import Resources

router = APIRouter(prefix="/ws", tags=["live"])


async def sockets_of(websocket: WebSocket) -> Sockets:
    """The application's sockets."""
    sockets: Sockets = websocket.app.state.sockets
    return sockets


SocketsDep = Annotated[Sockets, Depends(sockets_of)]


async def pulse_of(websocket: WebSocket) -> Pulse:
    """The application's pulse."""
    pulse: Pulse = websocket.app.state.pulse
    return pulse


PulseDep = Annotated[Pulse, Depends(pulse_of)]


@router.websocket("/health")
async def health(websocket: WebSocket, resources: ResourcesDep, sockets: SocketsDep, pulse: PulseDep) -> None:
    """The service's health and its pool, every second; what the client says is not heard."""

    async def tell() -> None:
        with pulse.heard(resources) as beat:
            while True:
                await sockets.send(websocket, await beat())

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


async def _answer(websocket: WebSocket, resources: Resources, text: str) -> str:
    try:
        standing = await counted(websocket.scope)
        if standing is not None and not standing.allowed:
            raise TooManyRequestsError(standing.reset_s)
        response = await searched(SearchBody.model_validate_json(text), resources)
    except ValidationError as error:
        response = await errors.answer(websocket, errors.invalid("body", error))
    except (ServiceError, asyncpg.UndefinedTableError) as error:
        response = await errors.answer(websocket, error)
    return bytes(response.body).decode()
