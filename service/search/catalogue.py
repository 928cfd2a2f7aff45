"""Search, statistics and collections with one query each, holding a connection for that query alone."""

from service import queries
from service.db import Database
from service.search.model import Collection, Found, Hit, TechnologyStats


class Catalogue:
    """The documents as `v1` reads them."""

    def __init__(self, database: Database, *, stored: bool) -> None:
        """`stored` chooses the queries that use what the knob `fulltext` keeps in the database."""
        self._database = database
        kind = "stored" if stored else "computed"
        search = queries.load(f"search_{kind}")
        self._page = {True: search["page_in_technology"], False: search["page_in_workspace"]}
        self._count = {True: search["count_in_technology"], False: search["count_in_workspace"]}
        self._stats = queries.load(f"stats_{kind}")["by_technology"]
        self._collections = queries.load("collections")["all_collections"]

    async def search(self, query: str, workspace: str, technology: str | None, limit: int, offset: int) -> Found:
        """Documents of a workspace that match a web-style query, best first; ties newest first."""
        narrow = technology is not None
        filters = {"query": query, "workspace": workspace, "technology": technology}
        rows = await self._database.fetch(self._page[narrow], **filters, limit=limit, offset=offset)
        hits = tuple(
            Hit(
                row["id"],
                row["title"],
                row["workspace_id"],
                row["technology"],
                row["created_at"],
                row["snippet"],
                row["rank"],
            )
            for row in rows
        )
        if rows or not offset:
            return Found(rows[0]["total"] if rows else 0, hits)
        # Beyond the last page no row carries the total.
        counted = await self._database.fetch(self._count[narrow], **filters)
        return Found(counted[0]["total"], hits)

    async def stats(self, workspace: str) -> tuple[TechnologyStats, ...]:
        """What a workspace holds, by technology, most first; empty when there is no such workspace."""
        rows = await self._database.fetch(self._stats, workspace=workspace)
        return tuple(TechnologyStats(*row) for row in rows)

    async def collections(self) -> tuple[Collection, ...]:
        """All workspaces with documents, largest first."""
        rows = await self._database.fetch(self._collections)
        return tuple(Collection(*row) for row in rows)
