"""Where a page ended, as an opaque text for clients."""

import base64
import binascii
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime

from service.errors import InvalidValueError

LONGEST = 200
"""Characters; ours have some 60."""
LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Behind one document in an order of descending rank, date and id; without a rank, of date and id."""

    created_at: datetime
    id: int
    rank: float | None = None

    def encoded(self) -> str:
        """The text that `decoded` reads."""
        parts = [self.created_at.isoformat(), self.id, self.rank]
        return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


BEGINNING = Place(datetime.max.replace(tzinfo=UTC), LAST_ID)
"""Before the first document."""


def decoded(text: str, *, ranked: bool) -> Place:
    """The place that a cursor stands for.

    Raises InvalidValueError for what `Place.encoded` never wrote, or wrote for the other kind of order.
    """
    try:
        created_at, identity, rank = json.loads(base64.urlsafe_b64decode(text[:LONGEST] + "=="))
        place = Place(datetime.fromisoformat(created_at), identity, rank)
        # What decodes to the same but is written otherwise was not ours.
        if place.encoded() == text and _is_sound(place) and (rank is not None) == ranked:
            return place
    except (binascii.Error, ValueError, TypeError, OverflowError):
        pass
    raise InvalidValueError("cursor: it is not one that a page of this search has told")


def _is_sound(place: Place) -> bool:
    return (
        type(place.id) is int
        and 1 <= place.id <= LAST_ID
        and place.created_at.tzinfo is not None
        and (place.rank is None or (isinstance(place.rank, float | int) and math.isfinite(place.rank)))
    )
