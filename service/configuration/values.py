"""What values mean, for the keys that the service itself reads; the others are kept for its clients."""

import math
from collections.abc import Callable, Mapping

from service.errors import InvalidValueError

CACHE_TTL = "cache.ttl_s"
LONGEST_TTL_S = 3600.0


def seconds(text: str) -> float:
    """A time to live.

    Raises InvalidValueError.
    """
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found <= LONGEST_TTL_S:
        raise InvalidValueError(f"{CACHE_TTL} is a number of seconds from 0 (keep nothing) to {LONGEST_TTL_S:.0f}")
    return found


READERS: Mapping[str, Callable[[str], float]] = {CACHE_TTL: seconds}


def check(key: str, value: str) -> None:
    """Raise InvalidValueError for a value that the service could not read."""
    if key in READERS:
        READERS[key](value)
