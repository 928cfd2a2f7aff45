"""A server of one page, to be frozen as a whole: what a garbage collection or a paused machine does to a service.

python -m bench.faults.page      prints its port, serves on loopback until it is ended
"""

import socket
import sys

import uvicorn
from starlette.types import Receive, Scope, Send

BACKLOG = 2048
"""Whoever connects during the stall waits like everyone else and is not turned away."""
BODY = b"ok"


async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
    """Answer every request alike."""
    if scope["type"] == "http":
        headers = [(b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})


def main() -> None:
    """Serve until ended."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    config = uvicorn.Config(app, loop="uvloop", lifespan="off", access_log=False, log_level="warning")
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
