"""`reports/history.jsonl`: one line a run, only ever appended to.

A line is appended whole, under a lock, so runs that end at the same moment do not mix; a crash in the middle of a
line costs that line alone: the next one begins on its own. Of a run that was resumed the last line counts.
"""

import fcntl
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bench.errors import StoreError
from bench.model.history import HISTORY_VERSION, HistoryEntry

FILE = "history.jsonl"


@dataclass(frozen=True, slots=True)
class History:
    """All runs in the order in which they began, and a sentence for each line that could not be read."""

    entries: tuple[HistoryEntry, ...]
    complaints: tuple[str, ...]


@cache
def _adapter() -> TypeAdapter[HistoryEntry]:
    return TypeAdapter(HistoryEntry)


def append(reports: Path, entry: HistoryEntry) -> None:
    """Add a run to the history of a reports folder.

    Raises StoreError when the file cannot be written.
    """
    line = _adapter().dump_json(entry) + b"\n"
    path = reports / FILE
    try:
        with path.open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released by closing
            size = file.seek(0, os.SEEK_END)
            if size:
                file.seek(-1, os.SEEK_END)
                line = line if file.read(1) == b"\n" else b"\n" + line
            file.write(line)
            os.fsync(file.fileno())
    except OSError as error:
        raise StoreError(f"The run cannot be added to {path} ({error.strerror}); free space there.") from error


def read(reports: Path) -> History:
    """Read the history of a reports folder; there may be none yet.

    Raises StoreError when the file is there and cannot be read.
    """
    path = reports / FILE
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return History((), ())
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error.strerror}).") from error
    found: dict[str, HistoryEntry] = {}
    complaints = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = _parsed(line)
        except ValueError as error:
            complaints.append(f"{path}:{number} is left out: {error}.")
        else:
            found[entry.run_id] = entry
    return History(tuple(sorted(found.values(), key=lambda entry: entry.started)), tuple(complaints))


def _parsed(line: bytes) -> HistoryEntry:
    """Raises ValueError with the reason."""
    try:
        stored = json.loads(line)
    except ValueError:
        raise ValueError("the line is broken") from None
    version = stored.get("history_version") if isinstance(stored, dict) else None
    if version != HISTORY_VERSION:
        raise ValueError(f"it has version {version}, this perflab reads {HISTORY_VERSION}")
    try:
        return _adapter().validate_python(stored)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ValueError(f"it is damaged at `{where}`") from None
