"""The reference service, slowed by an exact amount: what a calibration has to find.

    python -m bench.faults.slowed       settings as of `python -m service`

A request for `/slowed/0.0001/0/api/v1/search` takes 0.1 ms of processor time and waits for 0 s before the service
answers it as `/api/v1/search`. The amount stands in the path, so that a load generator's base URL says it and one
process can be slowed by many amounts in turns. Requests of an arm that is not slowed name zeros, and pay as much for
being read.
"""

import re
from time import thread_time
from typing import TYPE_CHECKING, Any

from bench.faults.waiting import wait

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = re.compile(r"/slowed/(?P<cpu_s>[0-9.]{1,12})/(?P<wait_s>[0-9.]{1,12})(?=/)")
MOST_S = 10.0
MODULE = "bench.faults.slowed"


def prefix(*, cpu_s: float = 0.0, wait_s: float = 0.0) -> str:
    """What a base URL ends with, to slow all its requests by so many seconds of work and of waiting."""
    return f"/slowed/{cpu_s:.9f}/{wait_s:.9f}"


class Slowed:
    """ASGI middleware that stands before everything else of the service."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Add what the path says, then let the service answer the rest of it."""
        if scope["type"] == "http" and (told := PREFIX.match(scope["path"])):
            length = told.end()
            scope = {**scope, "path": scope["path"][length:], "raw_path": scope["raw_path"][length:]}
            cpu_s, wait_s = (min(float(seconds), MOST_S) for seconds in told.groups())
            if cpu_s:
                spin(cpu_s)
            if wait_s:
                await wait(wait_s)
        await self._app(scope, receive, send)


def spin(seconds: float) -> None:
    """Keep this thread's processor busy for so much of its own time."""
    end = thread_time() + seconds
    while thread_time() < end:
        pass


def main() -> None:
    """Serve as `python -m service` does, with the middleware in front."""
    from service import __main__ as service
    from service.app import create

    def slowed(settings: Any) -> Any:
        app = create(settings)
        app.outermost.append(Slowed)
        return app

    service.main(slowed)


if __name__ == "__main__":
    main()
