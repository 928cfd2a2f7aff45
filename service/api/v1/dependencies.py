"""What the endpoints ask for."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from service.resources import Resources, of


async def resources(connection: HTTPConnection) -> Resources:
    """The running service's resources."""
    # `async`: FastAPI would run a plain function in a thread, which costs more than the whole handler.
    return of(connection)


ResourcesDep = Annotated[Resources, Depends(resources)]
