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
class Lane:
    """One arm of a slot."""

    base_url: str
    path: str
    """Where its samples go."""


@dataclass(frozen=True, slots=True)
class Command:
    """Run one slot, or several that take turns."""

    model: Model
    lanes: list[Lane]
    """Open: one, or several that take turns. Closed: one."""
    seed: int
    duration_s: float
    """Of load on each lane."""
    users: int
    """Open: the most users that the pool of each lane may hold. Closed: how many users there are."""
    rate: float = 0.0
    """Open: arrivals per second."""
    arrivals: str = "poisson"
    """Open: kind of schedule, see `bench.arrivals`."""
    turn_s: float = 0.0
    """Open: how long a turn of a lane is, where there are several."""
    straggler_s: float = 10.0
    """How long requests still under way at the end may take; what is left then becomes an error."""


@dataclass(frozen=True, slots=True)
class LaneReport:
    """How the slot of one lane went."""

    n: int
    dropped: int
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """How it went."""

    started: float
    """Seconds since the epoch."""
    generator_cores: float
    lanes: list[LaneReport]


def encode(message: Command | Report | dict[str, Any]) -> bytes:
    """One line."""
    return json.dumps(message if isinstance(message, dict) else asdict(message)).encode() + b"\n"


def command(line: bytes) -> Command:
    """The command on a line. Raises ValueError or TypeError when there is none."""
    told = decode(line)
    return Command(**{**told, "lanes": [Lane(**lane) for lane in told["lanes"]]})


def report(told: dict[str, Any]) -> Report:
    """The report of a decoded line. Raises TypeError when it is none."""
    return Report(**{**told, "lanes": [LaneReport(**lane) for lane in told["lanes"]]})


def decode(line: bytes) -> dict[str, Any]:
    """The object on a line. Raises ValueError or TypeError when there is none."""
    message = json.loads(line)
    if not isinstance(message, dict):
        raise TypeError(f"expected an object, not {line[:80]!r}")
    return message
