"""What one check of the infrastructure said."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["passed", "failed", "not_run"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check's answer; `found` are its complaints, `reason` says why it was not run."""

    check: str
    status: Status
    found: tuple[str, ...] = ()
    reason: str = ""

    @classmethod
    def of(cls, check: str, found: tuple[str, ...]) -> "Outcome":
        """Passed where nothing was found."""
        return cls(check, "failed" if found else "passed", found)

    @classmethod
    def not_run(cls, check: str, reason: str) -> "Outcome":
        """For want of something that `reason` names."""
        return cls(check, "not_run", reason=reason)

    def facts(self) -> Mapping[str, Any]:
        """Plain data for a record."""
        return asdict(self)
