"""Read the Server-Timing header (W3C Server Timing, section 4), forgivingly: it comes from any service."""

import math

PARTS = ("pool", "db", "cache", "app")


def parse(header: str | None) -> tuple[float, float, float, float]:
    """Seconds of the parts `pool`, `db`, `cache`, `app`; NaN for each that is not told.

    Order, spaces, case, quotes, other parts and other parameters do not matter; what cannot be read counts
    as not told. A part told twice is added up: proxies append, and each tells its own share.
    """
    told: dict[str, float] = {}
    for entry in (header or "").split(","):
        name, *parameters = (piece.strip() for piece in entry.split(";"))
        name = name.lower()
        duration_s = _duration_s(parameters)
        if name in PARTS and duration_s is not None:
            told[name] = told.get(name, 0.0) + duration_s
    pool, db, cache, app = (told.get(part, math.nan) for part in PARTS)
    return pool, db, cache, app


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
