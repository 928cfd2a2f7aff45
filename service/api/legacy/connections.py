"""A connection for every request, as a dependency: the form that the framework's tutorial shows for databases."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request

from service.db import Connection
from service.resources import of


async def get_connection(request: Request) -> AsyncIterator[Connection]:
    """Borrow a connection before the handler begins, and give it back after the answer is out."""
    # Convenient: every handler has one, and one transaction could span all that it does. The connection is also
    # held while the cache is asked and the answer is shaped, encoded and sent.
    async with of(request).database.connection() as connection:
        yield connection


ConnectionDep = Annotated[Connection, Depends(get_connection)]
