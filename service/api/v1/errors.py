"""Every error of `v1` leaves through `answer`: one envelope, or RFC 9457 for those who ask; nothing internal leaks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.v1.schemas import ErrorEnvelope, ErrorFacts, Problem
from service.errors import (
    ConflictError,
    CrowdedError,
    DatabaseUnavailableError,
    ForbiddenError,
    InvalidValueError,
    LimitUnknownError,
    NotFoundError,
    RefusedError,
    TooManyRequestsError,
    UnknownKeyError,
)

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 1
CLIENT_LEFT = 499
"""nginx's status for a request whose client did not wait for the answer; nobody reads it but the metrics."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
PROBLEM_TYPE = "application/problem+json"
REFUSING = re.compile(r"q\s*=\s*0(\.0{0,3})?")
"""The parameter of a media type that is not acceptable."""
TYPES: Mapping[int, tuple[str, str]] = {
    400: ("VALIDATION_ERROR", "ValidationError"),
    401: ("AUTHENTICATION_ERROR", "AuthenticationError"),
    403: ("AUTHORIZATION_ERROR", "AuthorizationError"),
    404: ("NOT_FOUND", "NotFoundError"),
    405: ("METHOD_NOT_ALLOWED", "MethodNotAllowedError"),
    408: ("REQUEST_TIMEOUT", "RequestTimeoutError"),
    409: ("CONFLICT", "ConflictError"),
    413: ("CONTENT_TOO_LARGE", "ContentTooLargeError"),
    415: ("UNSUPPORTED_MEDIA_TYPE", "UnsupportedMediaTypeError"),
    429: ("RATE_LIMITED", "RateLimitError"),
    500: ("INTERNAL_ERROR", "InternalServerError"),
    503: ("SERVICE_UNAVAILABLE", "ServiceUnavailableError"),
}
"""Code and type of the envelope, by status; a client may rely on them."""


REFUSED: Mapping[type[RefusedError], HTTPStatus] = {
    InvalidValueError: HTTPStatus.BAD_REQUEST,
    UnknownKeyError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
}


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: int
    message: str
    headers: Mapping[str, str] | None = None


def install(app: FastAPI) -> None:
    """Let every error leave through `answer`."""
    for kind in (RequestValidationError, HTTPException, DatabaseUnavailableError, LimitUnknownError, RefusedError):
        app.add_exception_handler(kind, answer)
    app.add_middleware(Unforeseen)


class Unforeseen:
    """Pure ASGI middleware that answers what no handler foresaw.

    Registered as a handler of Exception, `answer` would be called too, but the framework would then raise the
    exception again for the server to log a second time, without its request id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            # Gone while its body was awaited: the client's end, no failure of the service, and nobody to be told.
            await Response(status_code=CLIENT_LEFT)(scope, receive, send)
        except Exception as error:
            if started:
                # Half an answer is out: cutting the connection is the only way left to say so.
                raise
            response = await answer(Request(scope), error)
            await response(scope, receive, send)


async def answer(request: HTTPConnection, error: Exception) -> Response:
    """The answer to a request, or to a message on a WebSocket, that ended in an error."""
    refusal = _refusal(error)
    request_id = str(request.scope.get("request_id", ""))
    # A client's mistake is no error of the service.
    if refusal.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("unforeseen error", exc_info=error, path=request.url.path)
    elif refusal.status == HTTPStatus.SERVICE_UNAVAILABLE and not isinstance(error, CrowdedError):
        log.warning("dependency unavailable", reason=str(error), path=request.url.path)
    code, kind = TYPES.get(refusal.status, (f"HTTP_{refusal.status}", "HTTPError"))
    facts = ErrorFacts(
        code=code,
        message=refusal.message,
        type=kind,
        timestamp=datetime.now(UTC),
        request_id=request_id,
        # Without the query string: it may hold what nobody should find in a log.
        path=request.url.path,
    )
    headers = {"vary": "accept", **(refusal.headers or {})}
    if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = _allowed(request.app, request.url.path)
    if _accepts_problem(request.headers.getlist("accept")):
        problem = _problem(facts, refusal.status).model_dump_json()
        return Response(problem, refusal.status, headers, PROBLEM_TYPE)
    return Response(ErrorEnvelope(error=facts).model_dump_json(), refusal.status, headers, "application/json")


def _accepts_problem(accept: list[str]) -> bool:
    """Whether RFC 9457's type is asked for by name; a weight of 0 says that it is not (RFC 9110 section 12.4.2)."""
    for one in ",".join(accept).split(","):
        name, *parameters = (part.strip().lower() for part in one.split(";"))
        if name == PROBLEM_TYPE:
            return not any(REFUSING.fullmatch(parameter) for parameter in parameters)
    return False


@lru_cache(maxsize=256)
def _allowed(app: FastAPI, path: str) -> str:
    """Every method of a path (RFC 9110 section 15.5.6); the framework tells those of one of its routes alone."""
    # Remembered: asking every route for every method takes longer than all the rest of such an answer.
    scope = {"type": "http", "path": path, "root_path": "", "headers": [], "app": app}
    return ", ".join(
        method
        for method in METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in app.routes)
    )


def invalid(where: str, error: ValidationError) -> RequestValidationError:
    """What the framework raises for a request that does not validate; `where` it was read from is query or body."""
    return RequestValidationError([{**one, "loc": (where, *one["loc"])} for one in error.errors()])


def _problem(facts: ErrorFacts, status: int) -> Problem:
    name = facts.code.lower().replace("_", "-")
    return Problem(
        type=f"urn:docaiche:problem:{name}",
        title=name.replace("-", " ").capitalize(),
        status=status,
        detail=facts.message,
        instance=facts.path,
        code=facts.code,
        timestamp=facts.timestamp,
        request_id=facts.request_id,
    )


def _refusal(error: Exception) -> _Refusal:
    match error:
        case RequestValidationError():
            return _Refusal(HTTPStatus.BAD_REQUEST, _invalid(error))
        case HTTPException():
            return _Refusal(error.status_code, str(error.detail), error.headers)
        case RefusedError():
            return _Refusal(REFUSED[type(error)], str(error), _advice(error))
        case DatabaseUnavailableError() | LimitUnknownError() | asyncpg.UndefinedTableError():
            # Migrations can take a table away and bring it back under a service that runs: an operator's doing.
            headers = {"retry-after": str(RETRY_AFTER_S)}
            return _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "A dependency is unavailable; try again.", headers)
        case CrowdedError():
            headers = {"retry-after": str(RETRY_AFTER_S)}
            return _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests are under way; try again.", headers)
        case _:
            return _Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "The service failed to answer.")


def _advice(error: RefusedError) -> Mapping[str, str] | None:
    """How to do it right."""
    match error:
        case UnknownKeyError():
            return {"www-authenticate": "Bearer"}  # RFC 9110 section 11.6.1
        case TooManyRequestsError():
            return {"retry-after": str(error.retry_after_s)}
        case _:
            return None


def _invalid(error: RequestValidationError) -> str:
    """Where and what, for the first of the mistakes; never the value itself."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return "body: it is not JSON"
    # The first part says `query` or `body`, which the client knows.
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"
