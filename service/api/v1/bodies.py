"""Bodies of requests: JSON, and not endless."""

from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.v1 import errors

MOST_BYTES = 64 * 1024
"""The longest search is some 2 KiB; whoever sends more is mistaken or means no good."""
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class JsonBodies:
    """Pure ASGI middleware: 415 for a body that is not declared as JSON, 413 for one that is too large.

    A body without Content-Length is counted while it arrives; nobody has to hold it to find it too large.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] != "http" or scope["method"] not in WITH_BODY:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = _refusal(headers) if _has_body(headers) else None
        if refusal is not None:
            response = await errors.answer(Request(scope), refusal)
            await response(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > MOST_BYTES:
                raise _too_large()
            return message

        await self._app(scope, counted, send)


def _has_body(headers: Headers) -> bool:
    """RFC 9112 section 6: one of two headers announces it."""
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _refusal(headers: Headers) -> HTTPException | None:
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        return HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the body must be declared as application/json")
    length = headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length) > MOST_BYTES:
        return _too_large()
    return None


def _too_large() -> HTTPException:
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {MOST_BYTES} bytes")
