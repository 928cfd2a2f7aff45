"""Search, statistics and collections with one statement each, holding a connection for that statement alone."""

from typing import TYPE_CHECKING

from service import queries
from service.db import Database
from service.search.cursor import BEGINNING, Place, decoded
from service.search.model import (
    Collection,
    Collections,
    Found,
    Hit,
    Listed,
    Listing,
    TechnologyStats,
    WorkspaceStats,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import asyncpg


class Catalogue:
    """The documents as `v1` reads them."""

    def __init__(self, database: Database, *, stored: bool) -> None:
        """`stored` chooses the statements that use what the knob `fulltext` keeps in the database."""
        self._database = database
        named = queries.load()
        variant = "tuned" if stored else "v1_computed"
        scopes = {True: "in_technology", False: "in_workspace"}
        self._search = {narrow: named[f"search_{scope}_{variant}"] for narrow, scope in scopes.items()}
        self._past = {narrow: named[f"past_{scope}_{variant}"] for narrow, scope in scopes.items()}
        self._continue = {narrow: named[f"continue_{scope}_{variant}"] for narrow, scope in scopes.items()}
        self._newest = named["newest_documents"]
        self._newest_matching = named["newest_matching_tuned" if stored else "newest_matching_baseline"]
        self._stats = named["stats_tuned" if stored else "stats_baseline"]
        self._collections = named["collections"]

    async def search(self, query: str, workspace: str, technology: str | None, limit: int, offset: int) -> Found:
        """Documents of a workspace that match a web-style query, best first; ties newest first."""
        narrow = technology is not None
        filters = {"query": query, "workspace": workspace, "technology": technology}
        rows = await self._database.fetch(self._search[narrow], **filters, limit=limit, offset=offset)
        if rows:
            return _found(rows, is_last=offset + len(rows) >= rows[0]["total"])
        if not offset:
            return Found(0, ())
        counted = await self._database.fetch(self._past[narrow], **filters)
        return Found(counted[0]["total"], ())

    async def search_on(self, query: str, workspace: str, technology: str | None, limit: int, cursor: str) -> Found:
        """The page after the one that told this cursor.

        Its total is that of the matches; 0 on an empty page, where no row tells it. Raises InvalidValueError.
        """
        place = decoded(cursor, ranked=True)
        # One more than asked for: whether there is a next page.
        filters = {"query": query, "workspace": workspace, "technology": technology, "limit": limit + 1}
        where = {"rank": place.rank, "created_at": place.created_at, "id": place.id}
        rows = await self._database.fetch(self._continue[technology is not None], **filters, **where)
        return _found(rows[:limit], is_last=len(rows) <= limit) if rows else Found(0, ())

    async def newest(self, query: str | None, limit: int, cursor: str | None) -> Listing:
        """Documents of all workspaces, newest first; with a query those that match it.

        Raises InvalidValueError.
        """
        place = BEGINNING if cursor is None else decoded(cursor, ranked=False)
        page = {"created_at": place.created_at, "id": place.id, "limit": limit + 1}
        if query is None:
            rows = await self._database.fetch(self._newest, **page)
        else:
            rows = await self._database.fetch(self._newest_matching, query=query, **page)
        documents = tuple(Listed(*row) for row in rows[:limit])
        last = documents[-1] if len(rows) > limit else None
        return Listing(documents, None if last is None else Place(last.created_at, last.id).encoded())

    async def stats(self, workspace: str) -> WorkspaceStats:
        """What a workspace holds, by technology."""
        rows = await self._database.fetch(self._stats, workspace=workspace)
        return WorkspaceStats(workspace, tuple(TechnologyStats(*row) for row in rows))

    async def collections(self) -> Collections:
        """All workspaces with documents."""
        rows = await self._database.fetch(self._collections)
        return Collections(tuple(Collection(*row) for row in rows))


def _found(rows: "Sequence[asyncpg.Record]", *, is_last: bool) -> Found:
    # The statements' columns are a hit's fields, in their order, and the total.
    hits = tuple(Hit(*tuple(row)[:-1]) for row in rows)
    last = hits[-1]
    return Found(rows[0]["total"], hits, None if is_last else Place(last.created_at, last.id, last.rank).encoded())
