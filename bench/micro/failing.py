"""The consolidated API without its servers, and a request for every kind of error."""

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from bench.micro.test_request_path import PAGE
from service.app import create
from service.cache import NoAnswers
from service.errors import DatabaseUnavailableError
from service.search import Found
from service.settings import load

SEARCH = "/api/v1/search"
GOOD = b"q=event+loop&workspace=team-1&technology=asyncio"
SUCCESS = "a page of 20 hits"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and the status that it is answered with."""

    status: int
    method: str = "GET"
    path: str = SEARCH
    query: bytes = GOOD
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    found: Callable[[], Found] = field(default=lambda: PAGE)


def away() -> Found:
    """As while PostgreSQL is gone."""
    raise DatabaseUnavailableError("gone")


def broken() -> Found:
    """As with a defect."""
    raise ZeroDivisionError("a defect")


JSON = ((b"content-type", b"application/json"),)
REQUESTS: Mapping[str, Asked] = {
    SUCCESS: Asked(200),
    "400 validation": Asked(400, query=b"workspace=team-1"),
    "400 malformed JSON": Asked(400, method="POST", body=b"{", headers=(*JSON, (b"content-length", b"1"))),
    "400 version": Asked(400, headers=((b"api-version", b"9"),)),
    "404 path": Asked(404, path="/api/v1/nothing"),
    "405 method": Asked(405, method="DELETE"),
    "403 role": Asked(403, path="/api/v1/config"),
    "413 too large": Asked(413, method="POST", headers=(*JSON, (b"content-length", b"99999999"))),
    "415 media type": Asked(
        415, method="POST", body=b"x", headers=((b"content-type", b"text/plain"), (b"content-length", b"1"))
    ),
    "503 database away": Asked(503, found=away),
    "500 defect": Asked(500, found=broken),
}
"""Every kind that needs no server to come about."""
OLD = "/api/search"
LEGACY: Mapping[str, Asked] = {
    "400 validation": Asked(422, path=OLD, query=b"workspace=team-1"),
    "400 malformed JSON": Asked(422, method="POST", path=OLD, body=b"{", headers=(*JSON, (b"content-length", b"1"))),
    "404 path": Asked(404, path="/api/nothing"),
    "405 method": Asked(405, method="DELETE", path=OLD),
}
"""The same of the old API, by the name of the kind; its statuses are its own."""


class Stub:
    """A catalogue that has its answer at once."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    async def search(self, *_: object) -> Found:
        """The page, or the error."""
        return self._asked.found()


def application(asked: Asked, api: str = "v1") -> ASGIApp:
    """The whole application, middleware included, with nothing behind it."""
    app = create(load(database_url="postgresql://nowhere/nothing", cache=False, api=api))
    app.state.resources = SimpleNamespace(
        settings=SimpleNamespace(anonymous="reader"), rate_limits=None, catalogue=Stub(asked), answers=NoAnswers()
    )
    # The old API borrows a connection before it looks at a request.
    app.state.resources.database = SimpleNamespace(connection=nullcontext)
    return app


def scope(asked: Asked) -> Scope:
    """The request as a server hands it on."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": asked.path,
        "raw_path": asked.path.encode(),
        "root_path": "",
        "query_string": asked.query,
        "headers": [(b"host", b"127.0.0.1"), *asked.headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


async def drained(app: ASGIApp, asked: Asked) -> None:
    """Answer it to nobody."""

    async def receive() -> Message:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    await app(scope(asked), receive, _nowhere)


async def _nowhere(_: Message) -> None:
    return


async def answered(app: ASGIApp, asked: Asked) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope(asked), receive, send)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent))
