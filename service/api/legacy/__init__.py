"""The API before its consolidation: an honest *before*.

Written as such services commonly are: nothing here sleeps or is slowed down on purpose, and each habit that
costs time has its reason in a comment where it stands.
"""

from service.api import described
from service.api.application import Application
from service.api.legacy import administration, documents, endpoints, middleware, successor
from service.api.legacy.deprecation import Deprecated

__all__ = ["install"]


def install(app: Application) -> None:
    """Add routes and middleware to an application."""
    for handlers in (endpoints, administration, documents, successor):
        app.include_router(handlers.router, prefix="/api", deprecated=True)
    app.headers_of = described.legacy
    middleware.install(app)
    app.outermost.append(Deprecated)
