"""Reading and deleting a document, feedback on it and signals of its use."""

import asyncpg

from service import queries
from service.content.freshness import Freshness
from service.content.model import Document, Receipt, SignalKind
from service.db import Database
from service.errors import NotFoundError
from service.queries import Query


class Contents:
    """The documents of a database, by id."""

    def __init__(self, database: Database, freshness: Freshness) -> None:
        self._database = database
        self._freshness = freshness
        self._named = queries.load()

    async def read(self, identity: int) -> Document:
        """The document of this id.

        Raises NotFoundError, DatabaseUnavailableError.
        """
        rows = await self._database.fetch(self._named["content_read"], id=identity)
        if not rows:
            raise _missing(identity)
        # The statement's columns are a document's fields, in their order.
        return Document(*rows[0])

    async def delete(self, identity: int, *, actor: str, request_id: str) -> None:
        """Delete the document with its feedback and signals, and write that into the audit.

        Raises NotFoundError, DatabaseUnavailableError.
        """
        values = {"id": identity, "actor": actor, "request_id": request_id}
        if not await self._database.fetch(self._named["content_delete"], **values):
            raise _missing(identity)
        # The announcement comes a little later; whoever deleted it must not find it again.
        await self._freshness.renew()

    async def add_feedback(self, identity: int, rating: int, comment: str) -> Receipt:
        """Keep a rating of 1 to 5 and what was said with it.

        Raises NotFoundError when there is no such document, DatabaseUnavailableError.
        """
        return await self._add(self._named["feedback_add"], identity, rating=rating, comment=comment)

    async def add_signal(self, identity: int, kind: SignalKind, query: str, duration_s: float | None) -> Receipt:
        """Keep what a reader did; `query` led there, and `duration_s` says for how long where that makes sense.

        Raises NotFoundError when there is no such document, DatabaseUnavailableError.
        """
        values = {"kind": kind.value, "query": query, "duration_s": duration_s}
        return await self._add(self._named["signal_add"], identity, **values)

    async def _add(self, statement: Query, identity: int, /, **values: object) -> Receipt:
        try:
            rows = await self._database.fetch(statement, document_id=identity, **values)
        except asyncpg.ForeignKeyViolationError as error:
            raise _missing(identity) from error
        return Receipt(*rows[0])


def _missing(identity: int) -> NotFoundError:
    return NotFoundError(f"there is no document {identity}")
