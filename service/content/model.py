"""Facts about single documents; `v1` puts them on the wire as they are."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Document:
    """One document with its whole text."""

    id: int
    workspace: str
    technology: str
    title: str
    content: str
    source: str
    """Where the text comes from."""
    created_at: datetime
    updated_at: datetime


class SignalKind(StrEnum):
    """What a reader did with a document."""

    CLICK = "click"
    COPY = "copy"
    DWELL = "dwell"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was written, and when."""

    id: int
    created_at: datetime
