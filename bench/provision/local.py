"""Servers that run as children of the lab: how often to try a port, and what they last said."""

from pathlib import Path

PORT_TRIES = 5
"""Between a look for a free port and the server's bind another program may take it."""
PORT_TAKEN = "Address already in use"
LAST_LINES = 6


def lines(path: Path) -> list[str]:
    """The lines of a file that a server writes; none while it is not there."""
    try:
        return path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def last_words(log: Path) -> str:
    """The end of a log, in one line, for a message."""
    return " | ".join(line for line in lines(log)[-LAST_LINES:] if line) or "it said nothing"
