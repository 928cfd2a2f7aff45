"""Which admin asks: found out by each handler that remembers to."""

from fastapi import Request

from service.errors import UnknownKeyError
from service.resources import of


async def admin_of(request: Request) -> str | None:
    """The name of the admin's key that the request shows, for the audit; None where it shows none."""
    key = request.headers.get("X-API-Key")
    if key is None:
        return None
    try:
        caller = await of(request).keys.recognise(key)
    except UnknownKeyError:
        # A wrong key and a reader's key are the same to such handlers.
        return None
    return caller.name if caller.is_admin else None
