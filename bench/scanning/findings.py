"""What a scanner found, in one shape for all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

SEVERITIES = ("UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL")
"""From harmless to worst, in Trivy's words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a scanner objects to."""

    rule: str
    severity: str
    text: str
    path: str
    line: int = 0
    """0 where the finding belongs to a whole file or a package."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one scanner says of one target. `reason` tells why it was not run; then there are no findings to count."""

    name: str
    target: str
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    files: tuple[str, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether the scanner looked at its target."""
        return not self.reason

    def counted(self) -> Mapping[str, int]:
        """Findings by severity, worst first."""
        return {level: sum(one.severity == level for one in self.findings) for level in reversed(SEVERITIES)}

    def facts(self) -> dict[str, Any]:
        """What the run's record keeps."""
        return {
            "target": self.target,
            "measured": self.measured,
            "reason": self.reason,
            "counted": dict(self.counted()),
            "files": list(self.files),
        }


def at_least(findings: Iterable[Finding], severity: str) -> tuple[Finding, ...]:
    """The findings of this severity or a worse one."""
    lowest = SEVERITIES.index(severity)
    return tuple(one for one in findings if SEVERITIES.index(one.severity) >= lowest)
