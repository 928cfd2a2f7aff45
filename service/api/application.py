"""FastAPI with room for middleware around all of it."""

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.types import ASGIApp

if TYPE_CHECKING:
    from collections.abc import Callable


class Application(FastAPI):
    """FastAPI whose answers all pass through `outermost`.

    `add_middleware` puts middleware inside FastAPI's own answer to unknown errors, which would then lack a
    request id and a Server-Timing header.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.outermost: list[Callable[[ASGIApp], ASGIApp]] = []
        """Pure ASGI middleware, from the inside out."""

    def build_middleware_stack(self) -> ASGIApp:
        """FastAPI's stack, and `outermost` around it."""
        app = super().build_middleware_stack()
        for middleware in self.outermost:
            app = middleware(app)
        return app
