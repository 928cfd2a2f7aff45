"""A stand-in for Weaviate that breaks on purpose.

python -m bench.faults.weaviate --documents FILE [--port 0] [--base-latency-s 0.02]

Prints its port, then serves on loopback until it is ended. PERFLAB_WEAVIATE_KEY, where set, is asked for as Bearer.

POST /v1/graphql             the one form of hybrid query that the service sends; faults strike here
GET  /v1/.well-known/ready   always well: a fault may be anywhere behind it
GET  /v1/meta                a name and a version
POST /faults                 the fault from now on, as bench.faults.fault has it; what hung is answered
GET  /faults                 the fault, and what became of the requests
"""

import argparse
import asyncio
import json
import os
import socket
import struct
import sys
from collections.abc import Awaitable
from pathlib import Path

import uvicorn
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bench.faults.documents import Documents, Found
from bench.faults.fault import Chooser, Counts, Fault
from bench.faults.graphql import QueryError, Question, read

KEY = "PERFLAB_WEAVIATE_KEY"
BACKLOG = 2048
KEEP_ALIVE_S = 600
"""An idle connection closed by this side just when it is used again would be a fault that nobody asked for."""
NO_FAULT = Fault()
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER on, with no time: what closes the socket then sends a RST."""


class Unanswered(Response):
    """No answer; if `reset`, the connection is torn down."""

    def __init__(self, *, reset: bool) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Wait until the connection is gone, so that the server does not answer for us."""
        if self._reset:
            transport = scope["state"]["transport"]
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class Protocol(HttpToolsProtocol):
    """uvicorn's, with the connection within reach of the application, to be reset."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope["state"]["transport"] = self.transport


class Weaviate:
    """The stand-in's state and its endpoints."""

    def __init__(self, documents: Documents, base_latency_s: float = 0.0, key: str | None = None) -> None:
        self._documents = documents
        self._base_latency_s = base_latency_s
        self._key = key
        self.counts = Counts()
        self._chooser = Chooser(NO_FAULT)
        self._over = asyncio.Event()
        """Set when the present fault is."""

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/v1/graphql", self.graphql, methods=["POST"]),
                Route("/v1/.well-known/ready", self.ready),
                Route("/v1/meta", self.meta),
                Route("/faults", self.tell, methods=["GET"]),
                Route("/faults", self.change, methods=["POST"]),
            ]
        )

    async def graphql(self, request: Request) -> Response:
        """Answer a hybrid query, or fail to."""
        body = await request.body()
        if self._key is not None and request.headers.get("authorization") != f"Bearer {self._key}":
            return JSONResponse({"code": 401, "message": "unauthorized"}, 401)
        try:
            question = read(json.loads(body)["query"])
            found = self._documents.search(question)
        except (ValueError, KeyError, TypeError) as error:
            said = str(error) if isinstance(error, QueryError) else "the body is no GraphQL request"
            return _errors(said)
        self.counts.begin()
        try:
            return await self._meet_fault(request, question, found)
        finally:
            self.counts.in_flight -= 1

    async def ready(self, request: Request) -> Response:  # noqa: ARG002
        """Well."""
        return Response()

    async def meta(self, request: Request) -> Response:
        """What it is; nobody should take it for the real one."""
        return JSONResponse({"hostname": str(request.base_url), "version": "perflab stand-in", "modules": {}})

    async def tell(self, request: Request) -> Response:  # noqa: ARG002
        """The fault and the counts."""
        counts = {name: getattr(self.counts, name) for name in Counts.__slots__}
        return JSONResponse({"fault": self._chooser.fault.model_dump(mode="json"), "counts": counts})

    async def change(self, request: Request) -> Response:
        """Set the fault, end the one before, and look for a new most in flight."""
        try:
            fault = Fault.model_validate_json(await request.body())
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "fault"
            return JSONResponse({"error": f"{where}: {first['msg']}"}, 422)
        self._chooser = Chooser(fault)
        self._over.set()
        self._over = asyncio.Event()
        self.counts.most_in_flight = self.counts.in_flight
        return await self.tell(request)

    async def _meet_fault(self, request: Request, question: Question, found: list[Found]) -> Response:
        fault, over = self._chooser.fault, self._over
        if not self._chooser.strikes(question.filters["workspace"]):
            fault = NO_FAULT
        latency_s = fault.latency_from(self._base_latency_s)
        stays = await _stays(request, asyncio.sleep(latency_s)) if latency_s else True
        if stays and fault.mode == "hang":
            stays = await _stays(request, over.wait())
        if not stays:
            self.counts.abandoned += 1
            return Unanswered(reset=False)
        if fault.mode == "reset":
            self.counts.failed += 1
            return Unanswered(reset=True)
        if fault.mode == "error":
            self.counts.failed += 1
            return _errors("as asked", fault.status)
        self.counts.answered += 1
        rows = [{"document_id": each.document_id, "_additional": {"score": str(each.score)}} for each in found]
        return JSONResponse({"data": {"Get": {question.collection: rows}}})


async def _stays(request: Request, waited_for: Awaitable[object]) -> bool:
    """Wait; whether the client was still there at the end."""
    waiting = asyncio.ensure_future(waited_for)
    # The body has been read: what comes now is the end of the connection.
    leaving = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((waiting, leaving), return_when=asyncio.FIRST_COMPLETED)
        return not leaving.done()
    finally:
        waiting.cancel()
        leaving.cancel()


def _errors(message: str, status: int = 200) -> Response:
    body = {"errors": [{"message": message}]} if status == 200 else {"error": [{"message": message}]}
    return JSONResponse(body, status)


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults.weaviate", description="A Weaviate that breaks.")
    parser.add_argument("--documents", type=Path, required=True, help="JSON lines: id, workspace, technology, text")
    parser.add_argument("--port", type=int, default=0, help="on loopback; 0 is any that is free")
    parser.add_argument("--base-latency-s", type=float, default=0.0, help="of every answer")
    options = parser.parse_args()
    try:
        with options.documents.open() as lines:
            documents = Documents.read(lines)
        listener = socket.create_server(("127.0.0.1", options.port), backlog=BACKLOG)
    except (OSError, ValueError) as error:
        sys.exit(f"The stand-in for Weaviate cannot start: {error}.")
    app = Weaviate(documents, options.base_latency_s, os.environ.get(KEY)).app()
    config = uvicorn.Config(
        app,
        http=Protocol,
        loop="uvloop",
        lifespan="off",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
