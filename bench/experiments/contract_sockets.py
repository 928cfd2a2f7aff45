"""Errors over WebSockets: refused before the handshake, told as a message, the last of them before the close."""

import json

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bench.experiments.contract_errors import FACTS, UNKNOWN_KEY, Provocation, fault

PATHS = ("/api/v1/ws/search", "/api/v1/ws/health")
SEARCH = PATHS[0]
MESSAGES = {"malformed JSON": "{", "wrong body": '{"q": 1}', "missing": "{}"}
UNSUPPORTED = 1003
"""RFC 6455 section 7.4.1: data of a kind that is not accepted."""


async def faults(base_url: str) -> list[tuple[str, str, str]]:
    """Kind, place and what is wrong, of each."""
    url = base_url.replace("http://", "ws://", 1)
    found = [("unknown key", f"WS {path}", await _refused(url, path)) for path in PATHS]
    found += [(kind, f"WS {SEARCH}", await _told(url, message)) for kind, message in MESSAGES.items()]
    found.append(("bytes", f"WS {SEARCH}", await _closed(url)))
    return found


async def _refused(url: str, path: str) -> str:
    asked = Provocation("unknown key", 401, "GET", path, {})
    try:
        async with connect(url + path, additional_headers={"x-api-key": UNKNOWN_KEY}, proxy=None):
            return "it opened"
    except InvalidStatus as error:
        response = error.response
        return fault(
            httpx.Response(response.status_code, headers=dict(response.headers), content=bytes(response.body)), asked
        )


async def _told(url: str, message: str) -> str:
    async with connect(url + SEARCH, proxy=None) as socket:
        await socket.send(message)
        told = json.loads(await socket.recv())
    return "" if set(told) == {"error"} and set(told["error"]) == FACTS else f"facts {sorted(told)}"


async def _closed(url: str) -> str:
    async with connect(url + SEARCH, proxy=None) as socket:
        await socket.send(b"\0")
        try:
            told = json.loads(await socket.recv())
            if set(told) != {"error"} or set(told["error"]) != FACTS:
                return f"facts {sorted(told)}"
            await socket.recv()
        except ConnectionClosed as error:
            code = None if error.rcvd is None else error.rcvd.code
            return "" if code == UNSUPPORTED else f"close code {code}, not {UNSUPPORTED}"
    return "no close"
