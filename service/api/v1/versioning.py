"""The version stands in the path; the optional header API-Version must agree with it, and is echoed.

No RFC names such a header; that a version is told back to the client is what others' APIs have in common.
"""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.v1 import errors, sockets
from service.api.v1.middleware import CARRIERS

HEADER = "API-Version"
NAME = HEADER.lower().encode()


class ApiVersion:
    """Pure ASGI middleware that refuses another version than the path's, and names it on every answer."""

    def __init__(self, versions: Mapping[str, str], app: ASGIApp) -> None:
        """`versions`: by the prefix of their paths."""
        self._app = app
        self._versions = versions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        version = self._version(scope["path"]) if scope["type"] in ("http", "websocket") else None
        if version is None:
            await self._app(scope, receive, send)
            return
        told = (NAME, version.encode())

        async def send_with_version(message: Message) -> None:
            if message["type"] in CARRIERS:
                message["headers"] = [*message.get("headers", ()), told]
            await send(message)

        asked = next((value for name, value in scope["headers"] if name == NAME), told[1])
        if asked.strip() == told[1]:
            await self._app(scope, receive, send_with_version)
            return
        # Not the client's value: nobody should read back what they sent.
        refusal = HTTPException(
            HTTPStatus.BAD_REQUEST, f"{HEADER} is not the path's version; send {version} or leave it out"
        )
        if scope["type"] == "websocket":
            await sockets.deny(scope, receive, send_with_version, refusal)
        else:
            response = await errors.answer(Request(scope), refusal)
            await response(scope, receive, send_with_version)

    def _version(self, path: str) -> str | None:
        for prefix, version in self._versions.items():
            if path.startswith(prefix) and path[len(prefix) :][:1] in ("", "/"):
                return version
        return None
