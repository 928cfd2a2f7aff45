"""Search, statistics and collections with one statement each, holding a connection for that statement alone."""

from service import queries
from service.db import Database
from service.search.model import Collection, Collections, Found, Hit, TechnologyStats, WorkspaceStats


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
        self._stats = named["stats_tuned" if stored else "stats_baseline"]
        self._collections = named["collections"]

    async def search(self, query: str, workspace: str, technology: str | None, limit: int, offset: int) -> Found:
        """Documents of a workspace that match a web-style query, best first; ties newest first."""
        narrow = technology is not None
        filters = {"query": query, "workspace": workspace, "technology": technology}
        rows = await self._database.fetch(self._search[narrow], **filters, limit=limit, offset=offset)
        if rows:
            # The statement's columns are a hit's fields, in their order, and the total.
            return Found(rows[0]["total"], tuple(Hit(*tuple(row)[:-1]) for row in rows))
        if not offset:
            return Found(0, ())
        counted = await self._database.fetch(self._past[narrow], **filters)
        return Found(counted[0]["total"], ())

    async def stats(self, workspace: str) -> WorkspaceStats:
        """What a workspace holds, by technology."""
        rows = await self._database.fetch(self._stats, workspace=workspace)
        return WorkspaceStats(workspace, tuple(TechnologyStats(*row) for row in rows))

    async def collections(self) -> Collections:
        """All workspaces with documents."""
        rows = await self._database.fetch(self._collections)
        return Collections(tuple(Collection(*row) for row in rows))
