"""API keys: made, kept as hashes, recognised.

A key is 256 random bits, so a fast hash is enough: there is no dictionary of keys to try. Which key it is, is found
by its hash; how much of a wrong hash is right tells an attacker nothing, and it is compared in constant time all the
same.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from service import queries
from service.access.callers import Caller, Role
from service.db import Database
from service.errors import UnknownKeyError

PREFIX = "docaiche_"
"""So that tools that search for leaked secrets know one when they see it."""
REMEMBERED_S = 5.0
"""How long a recognised key is not looked up again. A revocation is announced; this is for when that gets lost."""
MOST_REMEMBERED = 1000


def generate() -> str:
    """A new key."""
    return PREFIX + secrets.token_urlsafe(32)


def hashed(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(key.encode()).digest()


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Caller
    until: float


class Keys:
    """The keys of a database, and the operator's own from the settings."""

    def __init__(
        self, database: Database, operator_key: str | None = None, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._database = database
        self._operator = None if operator_key is None else hashed(operator_key)
        self._clock = clock
        self._query = queries.load()["key_by_hash"]
        self._remembered: dict[bytes, _Remembered] = {}

    async def recognise(self, key: str) -> Caller:
        """Who shows this key.

        Raises UnknownKeyError, or DatabaseUnavailableError when nobody can tell.
        """
        digest = hashed(key)
        if self._operator is not None and hmac.compare_digest(digest, self._operator):
            return Caller("operator", Role.ADMIN)
        now = self._clock()
        known = self._remembered.get(digest)
        if known is None or known.until <= now:
            known = self._remembered[digest] = _Remembered(await self._look_up(digest), now + REMEMBERED_S)
            if len(self._remembered) > MOST_REMEMBERED:
                # The oldest; whoever still uses it is looked up once more.
                del self._remembered[next(iter(self._remembered))]
        return known.caller

    async def forget(self) -> None:
        """Look every key up again: some were revoked."""
        self._remembered.clear()

    async def _look_up(self, digest: bytes) -> Caller:
        rows = await self._database.fetch(self._query, key_hash=digest)
        if not rows or not hmac.compare_digest(bytes(rows[0]["key_hash"]), digest):
            raise UnknownKeyError("the API key is not known, or was revoked")
        return Caller(rows[0]["name"], Role(rows[0]["role"]))
