"""Errors over WebSockets: refused before the handshake, told as a message, the last of them before the close."""

import json
from collections.abc import Mapping
from http import HTTPStatus

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bench.experiments.contract_errors import UNKNOWN_KEY, Provocation, fault, fault_of

PATHS = ("/api/v1/ws/search", "/api/v1/ws/health")
SEARCH = PATHS[0]
MESSAGES = {"malformed JSON": "{", "wrong body": '{"q": 1}', "missing": "{}"}
SWITCHING = HTTPStatus.SWITCHING_PROTOCOLS
GOOD = '{"q": "event", "workspace": "team-001"}'
TOO_BIG = 1009
CLOSES: Mapping[str, tuple[str | bytes, int]] = {"bytes": (b"\0", 1003), "too large": ("x" * 100_000, TOO_BIG)}
"""RFC 6455 section 7.4.1: data of a kind that is not accepted, and a message that is too big."""
FAILED = 1011
"""The same: the server met a condition that it did not foresee."""


async def faults(base_urls: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Kind, place and what is wrong, of each; `base_urls` are those of the candidates that fail, by their way."""
    urls = {way: url.replace("http://", "ws://", 1) for way, url in base_urls.items()}
    keyed, place = urls["keyed"], f"WS {SEARCH}"
    found = [("unknown key", f"WS {path}", await _refused(keyed, path)) for path in PATHS]
    found += [(kind, place, await _told(keyed, message)) for kind, message in MESSAGES.items()]
    found += [(kind, place, await _closed(keyed, message, code)) for kind, (message, code) in CLOSES.items()]
    found.append(("limit", place, await _told(urls["limited"], GOOD)))
    found.append(("database away", place, await _told(urls["cut"], GOOD)))
    found.append(("defect", place, await _closed(urls["defect"], GOOD, FAILED)))
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
        headers = {} if socket.response is None else dict(socket.response.headers)
        return told_fault(await socket.recv(), headers)


def told_fault(message: str | bytes, headers: Mapping[str, str]) -> str:
    """What is wrong with an error that is told as a message; `headers` are those of the handshake's answer."""
    try:
        told = json.loads(message)
    except json.JSONDecodeError:
        return "no JSON"
    if not isinstance(told, dict) or set(told) != {"error"} or not isinstance(told["error"], dict):
        return "no envelope"
    asked = Provocation("message", SWITCHING, "GET", SEARCH, {})
    return fault_of(told["error"], httpx.Response(SWITCHING, headers=headers), asked)


async def _closed(url: str, message: str | bytes, wanted: int) -> str:
    async with connect(url + SEARCH, proxy=None) as socket:
        await socket.send(message)
        headers = {} if socket.response is None else dict(socket.response.headers)
        try:
            # What is too big is refused by the protocol, before the service could say anything.
            if wanted != TOO_BIG and (wrong := told_fault(await socket.recv(), headers)):
                return wrong
            await socket.recv()
        except ConnectionClosed as error:
            code = None if error.rcvd is None else error.rcvd.code
            return "" if code == wanted else f"close code {code}, not {wanted}"
    return "no close"
