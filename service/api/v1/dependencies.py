"""What the endpoints ask for."""

from typing import Annotated

from fastapi import Depends, Security
from fastapi.security import APIKeyHeader
from starlette.requests import HTTPConnection

from service.access import Caller
from service.errors import ForbiddenError
from service.resources import Resources, of

# Only so that the schema tells it; the middleware has read the key already.
shown_key = APIKeyHeader(name="X-API-Key", auto_error=False, description="An API key; the role `admin` is needed.")


async def resources(connection: HTTPConnection) -> Resources:
    """The running service's resources."""
    # `async`: FastAPI would run a plain function in a thread, which costs more than the whole handler.
    return of(connection)


async def admin(connection: HTTPConnection, _: Annotated[str | None, Security(shown_key)]) -> Caller:
    """Whoever asks, if that is an admin; raises ForbiddenError if not."""
    caller: Caller = connection.scope["caller"]
    if not caller.is_admin:
        raise ForbiddenError("this needs an API key with the role admin")
    return caller


async def request_id(connection: HTTPConnection) -> str:
    """The request's id."""
    return str(connection.scope["request_id"])


ResourcesDep = Annotated[Resources, Depends(resources)]
AdminDep = Annotated[Caller, Depends(admin)]
RequestIdDep = Annotated[str, Depends(request_id)]
