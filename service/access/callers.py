"""Callers and their roles."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller may do; an admin may do all that a reader may."""

    READER = "reader"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks."""

    name: str
    role: Role

    @property
    def is_admin(self) -> bool:
        """Whether the caller may change things."""
        return self.role is Role.ADMIN


ANONYMOUS = Caller("anonymous", Role.READER)
"""Whoever shows no key, where that is allowed."""
