"""Keys that nobody knows: each costs a look into the database, so whoever guesses is counted, and soon not looked up.

A request with such a key counts as one without any from its address. Once the address has used up its limit, a key
from there that this process has never recognised is refused before it is looked up: also a good one that is new here,
for whoever shares an address with somebody who guesses cannot be told apart from them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil
from time import monotonic

from starlette.types import Scope

from service.access import Caller, Standing
from service.api.v1.limits import address
from service.errors import UnknownKeyError
from service.resources import Resources

MOST_BARRED = 1000
"""Addresses at a time; one that is pushed out is counted, and barred, again."""


class StrangerError(UnknownKeyError):
    """A key that nobody knows, or that was not looked up any more, and where that leaves its address."""

    def __init__(self, message: str, standing: Standing) -> None:
        super().__init__(message)
        self.standing = standing


@dataclass(frozen=True, slots=True)
class _Barred:
    standing: Standing
    until: float


class Strangers:
    """The addresses whose unknown keys are not looked up for the time being."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._barred: dict[str, _Barred] = {}

    async def recognise(self, key: str, resources: Resources, scope: Scope) -> Caller:
        """Who shows this key.

        Raises StrangerError or UnknownKeyError for a key that nobody knows, LimitUnknownError or
        DatabaseUnavailableError.
        """
        where = address(scope)
        barred = self._standing(where)
        if barred is not None and resources.keys.is_new(key):
            raise StrangerError("too many keys that nobody knows", barred)
        try:
            return await resources.keys.recognise(key)
        except UnknownKeyError as error:
            standing = None if resources.rate_limits is None else await resources.rate_limits.count(where)
            if standing is None:
                raise
            if not standing.allowed:
                self._bar(where, standing)
            raise StrangerError(str(error), standing) from error

    def _standing(self, where: str) -> Standing | None:
        """Of an address that is barred."""
        barred = self._barred.get(where)
        if barred is None:
            return None
        left_s = barred.until - self._clock()
        if left_s <= 0:
            del self._barred[where]
            return None
        return replace(barred.standing, reset_s=ceil(left_s))

    def _bar(self, where: str, standing: Standing) -> None:
        self._barred[where] = _Barred(standing, self._clock() + standing.reset_s)
        if len(self._barred) > MOST_BARRED:
            del self._barred[next(iter(self._barred))]
