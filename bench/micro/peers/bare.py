"""`python -m bench.micro.peers.bare DSN PORT [reset]`: one handler that runs one statement.

It checks nothing, and without `reset` its connections are never reset: what remains is the price of HTTP, the query and
its encoding. With it, the pool is asyncpg's as it comes.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import uvicorn
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service import queries
from service.search import Found, Hit
from service.search.cursor import Place

SIZE = 5
FOUND = TypeAdapter(Found)
QUERY = queries.load()["search_in_technology_tuned"]


class Unreset(asyncpg.Connection):  # type: ignore[misc] # asyncpg ships no types
    """A connection that goes back to the pool as it is."""

    def get_reset_query(self) -> str:
        """Nothing."""
        return ""


async def search(request: Request) -> Response:
    """A page of hits."""
    asked = request.query_params
    limit, offset = int(asked.get("limit", 20)), int(asked.get("offset", 0))
    values = {
        "query": asked["q"], "workspace": asked["workspace"], "technology": asked["technology"],
        "limit": limit, "offset": offset,
    }  # fmt: skip
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(QUERY.sql, *QUERY.arguments(values))
    hits = tuple(Hit(*tuple(row)[:-1]) for row in rows)
    total = rows[0]["total"] if rows else 0
    last = None if offset + len(hits) >= total else hits[-1]
    cursor = None if last is None else Place(last.created_at, last.id, last.rank).encoded()
    return Response(FOUND.dump_json(Found(total, hits, cursor)), media_type="application/json")


def create(dsn: str, *, resets: bool = False) -> Starlette:
    """The application."""
    kind = asyncpg.Connection if resets else Unreset

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(dsn, min_size=SIZE, max_size=SIZE, connection_class=kind) as pool:
            app.state.pool = pool
            yield

    return Starlette(routes=[Route("/api/v1/search", search)], lifespan=lifespan)


if __name__ == "__main__":
    app = create(sys.argv[1], resets="reset" in sys.argv[3:])
    uvicorn.run(app, port=int(sys.argv[2]), http="httptools", access_log=False, log_level="warning")
