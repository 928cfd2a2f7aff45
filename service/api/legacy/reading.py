"""What the handlers read from the database, as dicts and lists of whatever came."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi.encoders import jsonable_encoder

from service import queries
from service.db import Connection
from service.resources import Resources
from service.search import SNIPPET


async def search(resources: Resources, connection: Connection, asked: dict[str, Any]) -> Any:
    """A page of results and the total."""
    named = queries.load()
    scope = "workspace" if asked["technology"] is None else "technology"
    variant = "legacy_stored" if resources.settings.fulltext else "baseline"

    async def read() -> dict[str, Any]:
        # All columns with the whole text, although the answer shows 240 characters of it: one "select the document"
        # serves every handler.
        rows = await connection.fetch(named[f"search_in_{scope}_{variant}_page"], **asked)
        # Pagination by the book: a second query, which finds all matches again to count them.
        counted = await connection.fetch(named[f"search_in_{scope}_{variant}_total"], **asked)
        results = []
        for row in rows:
            document = dict(row)
            document["snippet"] = document.pop("content")[:SNIPPET]
            results.append(document)
        return {"results": results, "total": counted[0]["total"], "limit": asked["limit"], "offset": asked["offset"]}

    return await _remembered(resources, "search", asked, read)


async def stats(resources: Resources, connection: Connection, workspace: str) -> Any:
    """What a workspace holds."""
    query = queries.load()["stats_tuned" if resources.settings.fulltext else "stats_baseline"]

    async def read() -> dict[str, Any]:
        rows = await connection.fetch(query, workspace=workspace)
        return {"workspace": workspace, "stats": [dict(row) for row in rows]}

    return await _remembered(resources, "stats", {"workspace": workspace}, read)


async def collections(resources: Resources, connection: Connection) -> Any:
    """All workspaces with documents."""

    async def read() -> dict[str, Any]:
        rows = await connection.fetch(queries.load()["collections"])
        return {"collections": [dict(row) for row in rows], "count": len(rows)}

    return await _remembered(resources, "collections", {}, read)


async def _remembered(
    resources: Resources, operation: str, asked: dict[str, Any], read: Callable[[], Awaitable[Any]]
) -> Any:
    """A dict for the framework to encode: what was read, or what the cache kept of it."""
    if not resources.settings.cache:
        return await read()

    async def encoded() -> bytes:
        return json.dumps(jsonable_encoder(await read())).encode()

    # Decoded here and encoded again by the framework: handlers answer dicts, wherever these come from.
    return json.loads(await resources.answers.get_or_compute(f"legacy:{operation}", asked, encoded))
