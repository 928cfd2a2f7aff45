"""Facts about the configuration; `v1` puts them on the wire as they are."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Prefix(StrEnum):
    """What a key may begin with."""

    SEARCH = "search."
    CACHE = "cache."
    LLM = "llm."
    SECURITY = "security."
    """Readable; written by operators in the database alone, never over HTTP."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One setting."""

    key: str
    value: str
    version: int
    """Counts its changes."""
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class Entries:
    """All settings, by key."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Something that was changed."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    before: str | None
    after: str | None
    request_id: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Changes, newest first."""

    entries: tuple[AuditEntry, ...]
    next: int | None
    """What to ask for as `before` to get the next page; null on the last one."""
