"""What the endpoints ask for."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from service.access import Caller
from service.resources import Resources, of


async def resources(connection: HTTPConnection) -> Resources:
    """The running service's resources."""
    # `async`: FastAPI would run a plain function in a thread, which costs more than the whole handler.
    return of(connection)


async def caller(connection: HTTPConnection) -> Caller:
    """Whoever asks."""
    asking: Caller = connection.scope["caller"]
    return asking


async def request_id(connection: HTTPConnection) -> str:
    """The request's id."""
    return str(connection.scope["request_id"])


ResourcesDep = Annotated[Resources, Depends(resources)]
CallerDep = Annotated[Caller, Depends(caller)]
RequestIdDep = Annotated[str, Depends(request_id)]
