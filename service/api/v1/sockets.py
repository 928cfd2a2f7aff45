"""WebSockets that harm nobody: bounded in number and size, and no client who does not read is waited for long.

A refusal before the handshake is an HTTP answer in the envelope where the server can send one, else a failed handshake.
After it an error is a message in the envelope, and where nothing can go on a close code of RFC 6455: 1003 for bytes,
1008 for a client who does not read, 1011 when the service failed.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from service.api.v1 import errors

SEND_S = 5.0
"""Longest that a message may wait for its client to read the ones before."""
CLOSE_S = 1.0
MOST = 200
"""Sockets of one process at a time."""
DENIALS = "websocket.http.response"
"""The ASGI extension for an answer to a refused handshake."""

Talk = Callable[[], Awaitable[None]]


class TooSlowError(Exception):
    """The client does not read what it asked for."""


class BytesError(Exception):
    """A message of bytes."""


class Sockets:
    """The open sockets of a process."""

    def __init__(self, most: int = MOST, send_s: float = SEND_S) -> None:
        self.open = 0
        self._most = most
        self._send_s = send_s

    async def serve(self, websocket: WebSocket, talk: Talk) -> None:
        """Accept, talk, and close with the code that says how it ended; refuse with 503 while there are too many."""
        if self.open >= self._most:
            full = HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "too many sockets are open", {"retry-after": "5"})
            await deny(websocket.scope, websocket.receive, websocket.send, full)
            return
        self.open += 1
        try:
            await websocket.accept()
            await _ended(websocket, talk)
        finally:
            self.open -= 1

    async def send(self, websocket: WebSocket, text: str) -> None:
        """Send a message.

        Raises TooSlowError when the client does not read, WebSocketDisconnect when it is gone.
        """
        try:
            async with asyncio.timeout(self._send_s):
                await websocket.send_text(text)
        except TimeoutError as error:
            raise TooSlowError from error


async def deny(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    """Refuse a handshake."""
    response = await errors.answer(HTTPConnection(scope), error)
    if DENIALS in scope.get("extensions", {}):
        await WebSocket(scope, receive, send).send_denial_response(response)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})


async def received(websocket: WebSocket) -> str:
    """The next message.

    Raises WebSocketDisconnect at the end, BytesError for a message that is no text.
    """
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    text: str | None = message.get("text")
    if text is None:
        raise BytesError
    return text


async def first_ended(*talks: Coroutine[Any, Any, None]) -> None:
    """Run all until one ends; end the others, and raise what that one raised."""
    tasks = [asyncio.ensure_future(talk) for talk in talks]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ended(websocket: WebSocket, talk: Talk) -> None:
    try:
        await talk()
    except WebSocketDisconnect:
        return
    except TooSlowError:
        await _close(websocket, 1008, "the client does not read")
    except BytesError:
        await _close(websocket, 1003, "messages are text")
    except Exception as error:  # noqa: BLE001 - whatever it was, the client is told and the log has it
        await errors.answer(websocket, error)  # which logs it
        await _close(websocket, 1011, "the service failed")


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    # A client who does not read does not read this either, and one who is gone cannot.
    with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
        async with asyncio.timeout(CLOSE_S):
            await websocket.close(code, reason)
