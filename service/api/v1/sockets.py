"""WebSockets that harm nobody: bounded in number and size, and no client who does not read is waited for long.

One caller has some of a process's sockets, not all. A client who is gone without a word is found out by the server's
pings (`service.server`).

A refusal before the handshake is an HTTP answer in the envelope where the server can send one, else a failed handshake.
After it an error is a message in the envelope, and where nothing can go on that message is followed by a close code of
RFC 6455: 1003 for bytes, 1008 for a client who does not read, 1011 when the service failed.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from service.api.v1 import errors
from service.api.v1.limits import caller_name

SEND_S = 5.0
"""Longest that a message may wait for its client to read the ones before."""
CLOSE_S = 1.0
MOST = 200
"""Sockets of one process at a time."""
MOST_OF_ONE = 20
"""Of them for one caller: a key, or an address without one."""
DENIALS = "websocket.http.response"
"""The ASGI extension for an answer to a refused handshake."""

Talk = Callable[[], Awaitable[None]]


class TooSlowError(Exception):
    """The client does not read what it asked for."""


class BytesError(Exception):
    """A message of bytes."""


class Sockets:
    """The open sockets of a process."""

    def __init__(self, most: int = MOST, most_of_one: int = MOST_OF_ONE, send_s: float = SEND_S) -> None:
        self.open = 0
        self._by_caller: Counter[str] = Counter()
        self._most = most
        self._most_of_one = most_of_one
        self._send_s = send_s

    async def serve(self, websocket: WebSocket, talk: Talk) -> None:
        """Accept, talk, and close with the code that says how it ended.

        Refused with 503 while there are too many, with 429 while this caller has too many.
        """
        who = caller_name(websocket.scope["caller"], websocket.scope)
        full = self._full(who)
        if full is not None:
            await deny(websocket.scope, websocket.receive, websocket.send, full)
            return
        self.open += 1
        self._by_caller[who] += 1
        try:
            await websocket.accept()
            await _ended(websocket, talk)
        finally:
            self.open -= 1
            self._by_caller[who] -= 1
            if not self._by_caller[who]:
                # Callers come and go; nobody is remembered for that.
                del self._by_caller[who]

    async def send(self, websocket: WebSocket, text: str) -> None:
        """Send a message.

        Raises TooSlowError when the client does not read, WebSocketDisconnect when it is gone.
        """
        try:
            async with asyncio.timeout(self._send_s):
                await websocket.send_text(text)
        except TimeoutError as error:
            raise TooSlowError from error

    def _full(self, who: str) -> HTTPException | None:
        later = {"retry-after": "5"}
        if self._by_caller[who] >= self._most_of_one:
            return HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "too many sockets are open for this caller", later)
        if self.open >= self._most:
            return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, "too many sockets are open", later)
        return None


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
        reason = "the client does not read"
        await _close(websocket, 1008, reason, HTTPException(HTTPStatus.REQUEST_TIMEOUT, reason))
    except BytesError:
        reason = "messages are text"
        await _close(websocket, 1003, reason, HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, reason))
    except Exception as error:  # noqa: BLE001 - whatever it was, the client is told and the log has it
        await _close(websocket, 1011, "the service failed", error)


async def _close(websocket: WebSocket, code: int, reason: str, error: Exception) -> None:
    """Close, after a last message that says in the envelope why."""
    response = await errors.answer(websocket, error)  # which logs what has to be
    told = bytes(response.body).decode()
    for last in (partial(websocket.send_text, told), partial(websocket.close, code, reason)):
        # A client who does not read does not read this either, and one who is gone cannot.
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(CLOSE_S):
                await last()
