"""No more than so many requests at once, whatever they wait for."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.v1 import errors
from service.errors import CrowdedError


class Admission:
    """Pure ASGI middleware: lets `most` requests of the API be under way, and refuses the next with 503.

    Any server has such a bound (threads, workers, memory), said or not. Who asks how the service is gets in always.
    """

    def __init__(self, app: ASGIApp, most: int, prefix: str) -> None:
        self._app = app
        self._most = most
        self._prefix = prefix
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] != "http" or not scope["path"].startswith(self._prefix):
            await self._app(scope, receive, send)
            return
        if self._inside >= self._most:
            response = await errors.answer(Request(scope), CrowdedError(f"{self._inside} requests are under way"))
            await response(scope, receive, send)
            return
        self._inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside -= 1
