"""The version stands in the path; the optional header API-Version must agree with it, and is echoed.

No RFC names such a header; that a version is told back to the client is what others' APIs have in common.
"""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.v1 import errors

HEADER = "API-Version"
VERSION = "1"


class ApiVersion:
    """Pure ASGI middleware that refuses another version than the path's, and names it on every answer."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] != "http" or not _is_below(scope["path"], self._prefix):
            await self._app(scope, receive, send)
            return

        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (HEADER.lower().encode(), VERSION.encode())]
            await send(message)

        asked = Headers(scope=scope).get(HEADER, VERSION).strip()
        if asked == VERSION:
            await self._app(scope, receive, send_with_version)
            return
        # Not the client's value: nobody should read back what they sent.
        refusal = HTTPException(
            HTTPStatus.BAD_REQUEST, f"{HEADER} is not the path's version; send {VERSION} or leave it out"
        )
        response = await errors.answer(Request(scope), refusal)
        await response(scope, receive, send_with_version)


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
