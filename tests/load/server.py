"""A small real HTTP server for the load tests: raw ASGI under uvicorn, on a free port, in its own process.

python server.py        prints its port, serves until its standard input closes

/log                    what has been asked since the last reset: [[method, target, body], ...]
/reset                  forget it
/freeze?s=0.5           stop the whole process for so long, as a garbage collection would
/slow?s=0.5             answer after so long, while others are served
/fail                   answer 500
/identity               an identity with the API of PERFLAB_TEST_API
/elsewhere              the clock of another machine
anything else           a JSON object with every key that the reference service may answer, and Server-Timing
"""

import asyncio
import json
import os
import socket
import sys
import threading
import time
from typing import Any
from urllib.parse import parse_qs

import uvicorn

TIMING = b"pool;dur=1.5, db;dur=2.5;desc=queries, cache;dur=0.25, app;dur=3"
ANSWER = {"results": [], "hits": [], "total": 0, "workspace": "w", "stats": [], "technologies": [], "collections": []}
LOG: list[list[str]] = []


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve one request."""
    if scope["type"] != "http":
        return
    began = time.time() - (1000 if scope["path"] == "/elsewhere" else 0)
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    query = {key: values[0] for key, values in parse_qs(scope["query_string"].decode()).items()}
    status, answer = await respond(scope["path"], query)
    target = scope["path"] + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
    if scope["path"] not in {"/log", "/reset", "/identity", "/freeze"}:
        LOG.append([scope["method"], target, body.decode()])
    content = b"<html>" if scope["path"].startswith("/garbled/") else json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    if scope["path"] != "/plain":
        headers.append((b"server-timing", TIMING + f', began;desc="{began:.6f}"'.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def respond(path: str, query: dict[str, str]) -> tuple[int, Any]:
    """Status and answer."""
    match path:
        case "/log":
            return 200, list(LOG)
        case "/reset":
            LOG.clear()
        case "/freeze":
            time.sleep(float(query["s"]))  # noqa: ASYNC251 - the point of it
        case "/slow":
            await asyncio.sleep(float(query["s"]))
        case "/fail":
            return 500, {"error": "as asked"}
        case "/identity":
            return 200, {"knobs": {"api": os.environ.get("PERFLAB_TEST_API", "on")}}
        case _ if path.startswith("/sluggish/"):
            await asyncio.sleep(0.03)
        case _ if path.startswith("/bare/"):
            return 200, {}
        case _:
            pass
    return 200, {**ANSWER, "status": "healthy", "path": path}


def main() -> None:
    """Serve until standard input closes."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False))

    def watch() -> None:
        sys.stdin.read()
        os._exit(0)  # not waiting for answers that a test asked to be slow

    threading.Thread(target=watch, daemon=True).start()
    print(listening.getsockname()[1], flush=True)  # noqa: T201 - how the test learns the port
    server.run(sockets=[listening])


if __name__ == "__main__":
    main()
