"""Pure ASGI middleware of `v1`: about a microsecond each, where BaseHTTPMiddleware costs a task and two queues."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from service.api.request_ids import chosen

CARRIERS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
"""The messages of ASGI that have headers."""


class RequestId:
    """Take the client's X-Request-ID when it is harmless, else make one; return it on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        identity = chosen(next((value for name, value in scope["headers"] if name == b"x-request-id"), b""))
        scope["request_id"] = identity.decode()
        # Every request has a task, and so a context, of its own: whatever it logs has the id.
        bind_contextvars(request_id=scope["request_id"])

        async def send_with_id(message: Message) -> None:
            if message["type"] in CARRIERS:
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", identity)]
            await send(message)

        await self._app(scope, receive, send_with_id)
