"""Whether somebody is an admin: asked by each handler that remembers to."""

from fastapi import Request

from service.errors import UnknownKeyError
from service.resources import of


async def is_admin(request: Request) -> bool:
    """Whether the request shows an admin's key."""
    key = request.headers.get("X-API-Key")
    if key is None:
        return False
    try:
        return (await of(request).keys.recognise(key)).is_admin
    except UnknownKeyError:
        # A wrong key and a reader's key are the same to such handlers.
        return False
