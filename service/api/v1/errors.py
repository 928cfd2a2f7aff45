"""Every error of `v1` leaves through here, in one envelope; nothing internal leaks."""

from datetime import UTC, datetime

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.api.v1.schemas import ErrorEnvelope, ErrorFacts
from service.errors import DatabaseUnavailableError

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 1
BY_STATUS = {
    400: ("VALIDATION_ERROR", "ValidationError"),
    404: ("NOT_FOUND", "NotFoundError"),
    405: ("METHOD_NOT_ALLOWED", "MethodNotAllowedError"),
    500: ("INTERNAL_ERROR", "InternalServerError"),
    503: ("SERVICE_UNAVAILABLE", "ServiceUnavailableError"),
}


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(DatabaseUnavailableError, _unavailable)
    app.add_exception_handler(Exception, _unknown)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return _answer(request, 400, f"{where}: {first['msg']}")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code if error.status_code in BY_STATUS else 500
    return _answer(request, status, str(error.detail), dict(error.headers or {}))


async def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("dependency unavailable", reason=str(error), request_id=_request_id(request))
    return _answer(request, 503, "A dependency is unavailable; try again.", {"retry-after": str(RETRY_AFTER_S)})


async def _unknown(request: Request, error: Exception) -> Response:
    log.error("unhandled error", exc_info=error, request_id=_request_id(request))
    return _answer(request, 500, "The service failed to answer.")


def _answer(request: Request, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    code, kind = BY_STATUS[status]
    facts = ErrorFacts(
        code=code,
        message=message,
        type=kind,
        timestamp=datetime.now(UTC),
        request_id=_request_id(request),
        # Without the query string: it may hold what must not be logged.
        path=request.url.path,
    )
    body = ErrorEnvelope(error=facts).model_dump_json().encode()
    return Response(body, status_code=status, media_type="application/json", headers=headers)


def _request_id(request: Request) -> str:
    return str(request.scope.get("request_id", ""))
