"""Rate limits on the wire: the RateLimit headers, and 429."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access import ANONYMOUS, Caller, Standing
from service.api.v1 import errors
from service.errors import LimitUnknownError, TooManyRequestsError
from service.resources import in_scope

ANSWERS = frozenset({"http.response.start", "websocket.http.response.start"})


class RateLimited:
    """Pure ASGI middleware: counts the requests of each caller, inside of `Access`, which tells who that is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] != "http":
            # How many sockets a caller may open is bounded; what is asked through them counts, message by message.
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
        told = telling(send, standing)
        if standing.allowed:
            await self._app(scope, receive, told)
        else:
            response = await errors.answer(Request(scope), TooManyRequestsError(standing.reset_s))
            await response(scope, receive, told)


def telling(send: Send, standing: Standing) -> Send:
    """`send` that puts the RateLimit headers on the answer."""
    headers = standing.headers()

    async def send_with_standing(message: Message) -> None:
        if message["type"] in ANSWERS:
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return send_with_standing


async def counted(scope: Scope) -> Standing | None:
    """Count something that the caller asked for; None where nothing is counted.

    Raises LimitUnknownError.
    """
    caller: Caller | None = scope.get("caller")
    limits = None if caller is None else in_scope(scope).rate_limits
    return None if caller is None or limits is None else await limits.count(caller_name(caller, scope))


def address(scope: Scope) -> str:
    """Where a request comes from; all that is known of who shows no key, or a wrong one."""
    client = scope.get("client")
    return f"address:{client[0] if client else 'unknown'}"


def caller_name(caller: Caller, scope: Scope) -> str:
    """Who shares a limit: whoever shows the same key, or comes from the same address without one."""
    return address(scope) if caller is ANONYMOUS else f"key:{caller.name}"
