"""The reference service, slowed by an exact amount: what a calibration has to find.

    python -m bench.faults.slowed       settings as of `python -m service`

`PUT /slowdown {"cpu_s": 0.0001, "wait_s": 0.0}` holds for every request from then on. Without it nothing is
added but one comparison, in every arm alike.
"""

from time import thread_time
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.faults.waiting import wait

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/slowdown"
MODULE = "bench.faults.slowed"


class Slowdown(BaseModel):
    """What is added to every request, in seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cpu_s: float = Field(0.0, ge=0, le=10)
    """Of processor time."""
    wait_s: float = Field(0.0, ge=0, le=10)
    """Of waiting, in which others are served."""


class Slowed:
    """ASGI middleware that stands before everything else of the service."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app
        self._slowdown = Slowdown()

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Add what was told to add, then let the service answer."""
        if scope["type"] == "http":
            if scope["path"] == PATH:
                await self._told(receive, send)
                return
            if self._slowdown.cpu_s:
                spin(self._slowdown.cpu_s)
            if self._slowdown.wait_s:
                await wait(self._slowdown.wait_s)
        await self._app(scope, receive, send)

    async def _told(self, receive: "Receive", send: "Send") -> None:
        body = b""
        while (message := await receive()).get("more_body"):
            body += message.get("body", b"")
        try:
            self._slowdown = Slowdown.model_validate_json(body + message.get("body", b""))
            status = 204
        except ValidationError:
            status = 422
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


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
