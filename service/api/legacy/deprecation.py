"""Every answer of the old API says since when it is old, when it ends, and where to go."""

from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/api"
SUCCESSOR = "/api/v1"
DEPRECATED = datetime(2026, 11, 1, tzinfo=UTC)
SUNSET = datetime(2027, 5, 1, tzinfo=UTC)
"""Not earlier than its deprecation, as RFC 9745 section 4 asks."""
HEADERS = (
    # RFC 9745: a date of structured fields, in seconds since 1970.
    (b"deprecation", f"@{int(DEPRECATED.timestamp())}".encode()),
    # RFC 8594: an HTTP date.
    (b"sunset", format_datetime(SUNSET, usegmt=True).encode()),
)


class Deprecated:
    """Pure ASGI middleware: Deprecation, Sunset and the successor's Link on what is not the successor's own path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        path = scope["path"] if scope["type"] == "http" else ""
        if not path.startswith(f"{PREFIX}/") or path.startswith(f"{SUCCESSOR}/"):
            await self._app(scope, receive, send)
            return
        # As it was sent: percent-encoded, so that nothing in it can end the header.
        sent = scope.get("raw_path", path.encode())
        link = b"<" + SUCCESSOR.encode() + sent.removeprefix(PREFIX.encode()) + b'>; rel="successor-version"'

        async def send_with_notice(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS, (b"link", link)]
            await send(message)

        await self._app(scope, receive, send_with_notice)
