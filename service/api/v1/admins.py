"""Routes for admins: whoever is none is refused before anything of the request is read."""

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from service.errors import ForbiddenError

if TYPE_CHECKING:
    from service.access import Caller

SECURITY_SCHEMES: Mapping[str, Mapping[str, str]] = {
    "APIKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An API key; routes that ask for one here need the role `admin`.",
    },
    "Bearer": {"type": "http", "scheme": "bearer", "description": "The same key as a bearer token."},
}
"""What the schema tells; the middleware `Access` has read the key already."""


class AdminRoute(APIRoute):
    """The framework's own route, behind the question who asks."""

    # As a dependency the question would come after the framework has read the body, and at the price of its solver:
    # half as much again as all the rest of a refusal.
    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        asks: dict[str, object] = {"security": [{name: []} for name in SECURITY_SCHEMES]}
        options["openapi_extra"] = {**(options.get("openapi_extra") or {}), **asks}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, for admins; raises ForbiddenError for others."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            caller: Caller = request.scope["caller"]
            if not caller.is_admin:
                raise ForbiddenError("this needs an API key with the role admin")
            return await handle(request)

        return handler
