"""A tiny service to compare: `DELAY=0.004 uvicorn slowly:app --port PORT`.

/fail answers 500. IDENTITY=pid makes /identity tell another configuration at every start; without, there is none.
LINES in the environment is printed at the start, and EXIT ends it then with that code.
"""

import asyncio
import json
import os
import sys
from typing import Any

DELAY_S = float(os.environ.get("DELAY", "0.004"))
if "LINES" in os.environ:
    print(os.environ["LINES"], flush=True)  # noqa: T201 - what a service says before it dies
if "EXIT" in os.environ:
    sys.exit(int(os.environ["EXIT"]))


async def app(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    """Answer after DELAY seconds, and readiness at once."""
    if scope["type"] != "http":
        return
    status, body = 200, b"{}"
    if scope["path"] == "/identity":
        status = 200 if "IDENTITY" in os.environ else 404
        body = json.dumps({"service": "slowly", "config_hash": str(os.getpid())}).encode()
    elif scope["path"] == "/fail":
        status = 500
    elif scope["path"] != "/ready":
        await asyncio.sleep(DELAY_S)
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})
