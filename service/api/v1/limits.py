"""Rate limits on the wire: the RateLimit headers, and 429."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access import ANONYMOUS, Caller, Standing
from service.api.v1 import errors
from service.errors import LimitUnknownError, TooManyRequestsError
from service.resources import in_scope


class RateLimited:
    """Pure ASGI middleware: counts the requests of each caller, inside of `Access`, which tells who that is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] != "http":
            # Opening a socket costs nothing; what is asked through it counts, message by message.
            await self._app(scope, receive, send)
            return
        try:
            standing = await counted(scope)
        except LimitUnknownError as error:
            response = await errors.answer(Request(scope), error)
            await response(scope, receive, send)
            return
        if standing is None:
            await self._app(scope, receive, send)
            return
        headers = standing.headers()

        async def send_with_standing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        if standing.allowed:
            await self._app(scope, receive, send_with_standing)
        else:
            response = await errors.answer(Request(scope), TooManyRequestsError(standing.reset_s))
            await response(scope, receive, send_with_standing)


async def counted(scope: Scope) -> Standing | None:
    """Count something that the caller asked for; None where nothing is counted.

    Raises LimitUnknownError.
    """
    caller: Caller | None = scope.get("caller")
    limits = None if caller is None else in_scope(scope).rate_limits
    return None if caller is None or limits is None else await limits.count(_name(caller, scope))


def _name(caller: Caller, scope: Scope) -> str:
    """Who shares a limit: whoever shows the same key, or comes from the same address without one."""
    if caller is ANONYMOUS:
        address = scope.get("client")
        return f"address:{address[0] if address else 'unknown'}"
    return f"key:{caller.name}"
