"""API keys: made, kept as hashes, recognised.

A key is 256 random bits, so a fast hash is enough: there is no dictionary of keys to try. Which key it is, is found
by its hash; how much of a wrong hash is right tells an attacker nothing, and it is compared in constant time all the
same.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import inf
from time import monotonic

from service import queries
from service.access.callers import Caller, Role
from service.db import Database
from service.errors import UnknownKeyError

PREFIX = "docaiche_"
"""So that tools that search for leaked secrets know one when they see it."""
REMEMBERED_S = 5.0
"""How long a recognised key is not looked up again. A revocation is announced; this is for when that gets lost."""
UNKNOWN_S = 5.0
"""How long a key that nobody knows is not looked up again. Nobody shows a key before it is made, so that nobody waits
for this after making one; it is for tables that are restored."""
MOST_REMEMBERED = 1000
"""Of either; whoever is pushed out is looked up once more."""


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
        self._unknown: dict[bytes, float] = {}
        """Until when."""
        self._forgotten = 0

    async def recognise(self, key: str) -> Caller:
        """Who shows this key.

        Raises UnknownKeyError, or DatabaseUnavailableError when nobody can tell.
        """
        digest = hashed(key)
        if self._is_operator(digest):
            return Caller("operator", Role.ADMIN)
        now = self._clock()
        known = self._remembered.get(digest)
        if known is not None and known.until > now:
            return known.caller
        if self._unknown.get(digest, now) > now:
            raise _unknown()
        forgotten = self._forgotten
        caller = await self._look_up(digest)
        # What was read before the keys changed is an answer, and looked up again the next time.
        self._remember(digest, caller, now if forgotten == self._forgotten else -inf)
        if caller is None:
            raise _unknown()
        return caller

    def is_new(self, key: str) -> bool:
        """Whether this key was not recognised when it was last looked up: it may be anybody's guess."""
        digest = hashed(key)
        return digest not in self._remembered and not self._is_operator(digest)

    async def forget(self) -> None:
        """Look every key up again: some were revoked."""
        self._forgotten += 1
        # That they were known stays: who is looked up once more is no stranger for it.
        self._remembered = {digest: replace(known, until=-inf) for digest, known in self._remembered.items()}
        self._unknown.clear()

    def _is_operator(self, digest: bytes) -> bool:
        return self._operator is not None and hmac.compare_digest(digest, self._operator)

    def _remember(self, digest: bytes, caller: Caller | None, at: float) -> None:
        # Neither pushes out the other: guesses must not make the service forget who is known.
        self._remembered.pop(digest, None)
        self._unknown.pop(digest, None)
        if caller is None:
            self._unknown[digest] = at + UNKNOWN_S
        else:
            self._remembered[digest] = _Remembered(caller, at + REMEMBERED_S)
        for kept in (self._remembered, self._unknown):
            if len(kept) > MOST_REMEMBERED:
                del kept[next(iter(kept))]

    async def _look_up(self, digest: bytes) -> Caller | None:
        rows = await self._database.fetch(self._query, key_hash=digest)
        if not rows or not hmac.compare_digest(bytes(rows[0]["key_hash"]), digest):
            return None
        return Caller(rows[0]["name"], Role(rows[0]["role"]))


def _unknown() -> UnknownKeyError:
    return UnknownKeyError("the API key is not known, or was revoked")
