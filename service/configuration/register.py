"""The table of settings: read, written under its version, audited."""

from service import queries
from service.configuration.model import AuditEntry, AuditPage, Entries, Entry, Prefix
from service.configuration.values import check
from service.db import Database
from service.errors import ConflictError, ForbiddenError

NEWEST = 2**63 - 1


class Register:
    """The configuration kept in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._named = queries.load()

    async def read(self) -> Entries:
        """Everything that was ever set.

        Raises DatabaseUnavailableError.
        """
        rows = await self._database.fetch(self._named["configuration_all"])
        return Entries(tuple(Entry(*row) for row in rows))

    async def write(self, key: str, value: str, *, version: int | None, actor: str, request_id: str) -> Entry:
        """Set a key, write that into the audit, and tell other processes.

        With `version`, only if that is the present one (0: if there is no such key yet), so that of two who change
        the same value at once the second learns of the first.

        Raises ConflictError if it is not, ForbiddenError for keys that are not written this way, InvalidValueError for
        what the service could not read, DatabaseUnavailableError.
        """
        if key.startswith(Prefix.SECURITY):
            raise ForbiddenError(f"{Prefix.SECURITY}* is not written over HTTP")
        check(key, value)
        rows = await self._database.fetch(
            self._named["configuration_put"],
            key=key,
            value=value,
            version=version,
            actor=actor,
            request_id=request_id,
        )
        if not rows:
            raise ConflictError(f"{key} is not at version {version}; read it again")
        return Entry(*rows[0])

    async def audit(self, before: int | None, limit: int) -> AuditPage:
        """Changes, newest first, from before an id on.

        Raises DatabaseUnavailableError.
        """
        # One more than asked for: whether there is a next page.
        values = {"before_id": NEWEST if before is None else before, "limit": limit + 1}
        rows = await self._database.fetch(self._named["audit_page"], **values)
        entries = tuple(AuditEntry(*row) for row in rows[:limit])
        return AuditPage(entries, entries[-1].id if len(rows) > limit else None)
