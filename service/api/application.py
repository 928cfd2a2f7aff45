"""FastAPI with room for middleware around all of it."""

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from service.api.described import describe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from service.api.described import HeadersOf


class Application(FastAPI):
    """FastAPI whose answers all pass through `outermost`.

    `add_middleware` puts middleware inside FastAPI's own answer to unknown errors, which would then lack a
    request id and a Server-Timing header.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.outermost: list[Callable[[ASGIApp], ASGIApp]] = []
        """Pure ASGI middleware, from the inside out."""
        self.headers_of: HeadersOf = lambda _path, _status: {}
        """What that middleware puts on answers, for the schema."""
        self.security_schemes: Mapping[str, Mapping[str, str]] = {}
        """By the names under which routes ask for them."""

    def openapi(self) -> dict[str, Any]:
        """FastAPI's schema, with what stands around the routes."""
        if self.openapi_schema is None:
            schema = super().openapi()
            describe(schema, self.headers_of)
            schema["components"].setdefault("securitySchemes", {}).update(self.security_schemes)
        return super().openapi()

    def build_middleware_stack(self) -> ASGIApp:
        """FastAPI's stack, and `outermost` around it."""
        app = super().build_middleware_stack()
        for middleware in self.outermost:
            app = middleware(app)
        return app
