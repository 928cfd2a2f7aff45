"""Who asks: the API key of a request becomes its caller, before anything else is done for it."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service.access import ANONYMOUS, Caller
from service.api.v1 import errors, sockets
from service.api.v1.limits import telling
from service.api.v1.strangers import StrangerError, Strangers
from service.errors import RefusedError, TooManyRequestsError, UnknownKeyError
from service.resources import in_scope

KEY_HEADER = b"x-api-key"
OPEN = ("/health",)
"""Below each prefix: what tells nothing and must answer whoever asks."""


class Access:
    """Pure ASGI middleware: puts the caller into the scope, or answers why there is none."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = tuple(f"{prefix}/" for prefix in prefixes)
        self._open = {prefix + path for prefix in prefixes for path in OPEN}
        self._strangers = Strangers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; see the ASGI specification."""
        if scope["type"] != "lifespan" and self._guards(scope["path"]):
            try:
                scope["caller"] = await self._identify(scope)
            except StrangerError as error:
                await _refuse(scope, receive, telling(send, error.standing), _answered(error))
                return
            except Exception as error:  # noqa: BLE001 - out here nobody else would put it into the envelope
                await _refuse(scope, receive, send, error)
                return
        await self._app(scope, receive, send)

    def _guards(self, path: str) -> bool:
        return path.startswith(self._prefixes) and path not in self._open

    async def _identify(self, scope: Scope) -> Caller:
        """Who asks.

        Raises UnknownKeyError for a key that nobody knows or that is missing where one is needed, LimitUnknownError or
        DatabaseUnavailableError.
        """
        resources = in_scope(scope)
        key = _key(scope)
        if key is not None:
            return await self._strangers.recognise(key, resources, scope)
        if resources.settings.anonymous == "nobody":
            raise UnknownKeyError("send an API key as X-API-Key or as a bearer token")
        return ANONYMOUS


def _answered(error: StrangerError) -> RefusedError:
    """What the client is told: to wait, once that is what it has to do."""
    return UnknownKeyError(str(error)) if error.standing.allowed else TooManyRequestsError(error.standing.reset_s)


async def _refuse(scope: Scope, receive: Receive, send: Send, error: Exception) -> None:
    if scope["type"] == "websocket":
        await sockets.deny(scope, receive, send, error)
    else:
        response = await errors.answer(Request(scope), error)
        await response(scope, receive, send)


def _key(scope: Scope) -> str | None:
    """The key as it was sent. An Authorization of another scheme is somebody else's, such as a proxy's."""
    for name, value in scope["headers"]:
        if name == KEY_HEADER:
            return str(value, "latin-1")
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            return str(value[7:], "latin-1").strip()
    return None
