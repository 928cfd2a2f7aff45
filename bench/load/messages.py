"""What the lab and the load generator's process say to each other: one JSON object a line, on a socket.

    generator -> lab   {"ready": true}                  or {"error": "..."}
    lab -> generator   a Command
    generator -> lab   a Report, when the slot has ended, or {"error": "..."}

The generator ends when the lab closes the socket.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

Model = Literal["open", "closed"]


@dataclass(frozen=True, slots=True)
class Command:
    """Run one slot."""

    model: Model
    base_url: str
    seed: int
    duration_s: float
    path: str
    """Where the samples go."""
    users: int
    """Open: the most users that the pool may hold. Closed: how many users there are."""
    rate: float = 0.0
    """Open: arrivals per second."""
    arrivals: str = "poisson"
    """Open: kind of schedule, see `bench.arrivals`."""
    straggler_s: float = 10.0
    """How long requests still under way at the end may take; what is left then becomes an error."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a slot went."""

    started: float
    """Seconds since the epoch."""
    n: int
    dropped: int
    generator_cores: float
    facts: dict[str, Any]


def encode(message: Command | Report | dict[str, Any]) -> bytes:
    """One line."""
    return json.dumps(message if isinstance(message, dict) else asdict(message)).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The object on a line. Raises ValueError or TypeError when there is none."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise TypeError(f"expected an object, not {line[:80]!r}")
    return message
