"""A proxy before a real service that changes some of its answers: what a build with a defect would say."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.subject import Running

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
Change = Callable[[Request, Response], Response]
"""From what was asked and what the service answered to what its caller sees."""
Path = Callable[[str], str]
"""From the path that was asked for to the one that the service is asked for."""


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[int]:
    """Serve an application in this loop; its port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def changed(running: Running, change: Change, path: Path = str) -> AsyncIterator[Running]:
    """The service as it looks through a proxy that changes its answers."""
    async with httpx.AsyncClient(base_url=running.base_url, timeout=60, trust_env=False) as client:

        async def forward(request: Request) -> Response:
            url = f"{path(request.url.path)}?{request.url.query}".removesuffix("?")
            answer = await client.request(
                request.method, url, headers=request.headers.items(), content=await request.body()
            )
            kept = {name: value for name, value in answer.headers.items() if name != "content-length"}
            return change(request, Response(answer.content, answer.status_code, kept))

        app = Starlette(routes=[Route("/{path:path}", forward, methods=METHODS)])
        async with serving(app) as port:
            yield replace(running, base_url=f"http://127.0.0.1:{port}")
