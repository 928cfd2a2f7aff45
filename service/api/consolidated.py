"""The consolidated API: every version that is served, behind the same middleware and the same errors.

A version is added here, with the routes in which it differs.
"""

from collections.abc import Mapping
from functools import partial

from fastapi import APIRouter

from service.api import described, v1, v2
from service.api.application import Application
from service.api.v1 import errors, examples
from service.api.v1.access import Access
from service.api.v1.admins import SECURITY_SCHEMES
from service.api.v1.bodies import JsonBodies
from service.api.v1.limits import RateLimited
from service.api.v1.middleware import RequestId
from service.api.v1.pulse import Pulse
from service.api.v1.sockets import Sockets
from service.api.v1.versioning import ApiVersion

PREFIX = "/api"
VERSIONS: Mapping[str, APIRouter] = {"1": v1.router, "2": v2.router}


def install(app: Application) -> None:
    """Add the routes of all versions, middleware and error handling to an application."""
    for version, routes in VERSIONS.items():
        # With these, the framework does not tell of its own 422, which is never sent.
        app.include_router(routes, prefix=f"{PREFIX}/v{version}", responses=examples.errors())
    app.headers_of, app.security_schemes = described.consolidated, SECURITY_SCHEMES
    app.state.sockets, app.state.pulse = Sockets(), Pulse()
    errors.install(app)
    versions = {f"{PREFIX}/v{version}": version for version in VERSIONS}
    # From the inside out: refusals, too, carry the version and the request's id.
    app.outermost.extend(
        [JsonBodies, RateLimited, partial(Access, prefixes=tuple(versions)), partial(ApiVersion, versions), RequestId]
    )
