"""Read the Server-Timing header (W3C Server Timing, section 4), forgivingly: it comes from any service."""

import math
import re
from collections.abc import Mapping

PARTS = ("pool", "db", "cache", "vector", "encode", "app")
BEGAN = re.compile(r'\bbegan\s*;\s*desc\s*=\s*"?(\d+(?:\.\d+)?)"?', re.IGNORECASE)


def parse(header: str) -> Mapping[str, float]:
    """Seconds of those of `PARTS` that are told.

    Order, spaces, case, quotes, other parts and other parameters do not matter; what cannot be read counts
    as not told. A part told twice is added up: proxies append, and each tells its own share.
    """
    told: dict[str, float] = {}
    for entry in header.split(","):
        name, *parameters = (piece.strip() for piece in entry.split(";"))
        name = name.lower()
        duration_s = _duration_s(parameters)
        if name in PARTS and duration_s is not None:
            told[name] = told.get(name, 0.0) + duration_s
    return told


def began(header: str) -> float:
    """When the service began with the request, in seconds since 1970, if it tells (`began;desc="..."`); else NaN."""
    found = BEGAN.search(header)
    return float(found[1]) if found else math.nan


def _duration_s(parameters: list[str]) -> float | None:
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "dur":
            try:
                milliseconds = float(value.strip().strip('"'))
            except ValueError:
                return None
            return milliseconds / 1000 if math.isfinite(milliseconds) and milliseconds >= 0 else None
    return None
